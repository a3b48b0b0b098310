from __future__ import annotations

import base64
import json

import pytest
from click.testing import CliRunner

from ops.errors import InputError, UnsureError
from ops.inspect.calls import Calls
from ops.inspect.cli import inspect as command
from ops.inspect.reader import Wanted, inspect
from ops.inspect.words import actions_in_words, conditions_in_words
from rehearsal.account import self_signed_certificate
from settings.conditions import PREVIEW_HEADER
from tests.ops.console_made import BALANCER, PORTAL_GROUP, WEB_GROUP, Shop, click_together
from tests.ops.inspect.local import Local

MOST_CALLS = 60


@pytest.fixture(scope="package")
def shop(local: Local) -> Shop:
    return click_together(local.client, {"v1": "ami-0fa11000000000001"})


@pytest.fixture(scope="package")
def large(local: Local) -> str:
    """100 rules over 60 target groups."""
    _, listener, vpc = local.balancer("large")
    groups = [local.group(f"g-{n}", vpc) for n in range(60)]
    for n in range(100):
        local.rule(listener, n + 1, groups[n % 60])
    return "large"


def test_every_rule_is_told_in_plain_words(shell: Local, shop: Shop) -> None:
    found = inspect(Calls(), BALANCER, Wanted())

    words = [
        (rule.place, conditions_in_words(rule), actions_in_words(rule, found))
        for listener in found.listeners
        for rule in listener.rules
    ]
    www = "www.hankooktire.example"
    assert words == [
        (
            "default",
            "every other request",
            "redirects (301) to HTTPS://#{host}:443/#{path}?#{query}",
        ),
        (
            "10",
            "host is shop.hankooktire.example or old.hankooktire.example",
            f"redirects (301) to #{{protocol}}://{www}:#{{port}}/#{{path}}?#{{query}}",
        ),
        ("20", "path is /server-status or /.git/*", "answers 403, 'no'"),
        ("30", f"host is {www}, and header X-Admin is yes or on", "forwards to legacy-admin"),
        ("40", f"path is /portal/* or /portal, and host is {www}", f"forwards to {PORTAL_GROUP}"),
        ("50", "header User-Agent is *BadBot*, and path is /*", "answers 429, 'slow down'"),
        (
            "60",
            "path is /admin/*, and host is intern.hankooktire.example",
            "forwards to legacy-admin",
        ),
        (
            "100",
            f"host is {www} or m.hankooktire.example, and path is /*",
            f"forwards to {WEB_GROUP}",
        ),
        ("default", "every other request", "answers 404, 'nothing here'"),
    ]


def test_groups_are_told_with_what_fills_them_and_what_that_runs(shell: Local, shop: Shop) -> None:
    found = inspect(Calls(), BALANCER, Wanted())

    (portal,) = found.auto_scaling_groups_of(shop.target_groups[PORTAL_GROUP])
    (web,) = found.auto_scaling_groups_of(shop.target_groups[WEB_GROUP])
    assert (portal.template.kind, portal.template.name) == ("launch configuration", "portal-2019")
    assert (web.template.kind, web.template.version) == ("launch template", "$Latest")
    assert portal.image_ids == web.image_ids == ("ami-0fa11000000000001",)
    assert portal.template.instance_type == web.template.instance_type == "m5.large"
    group = found.target_group(shop.target_groups[WEB_GROUP])
    assert group is not None
    assert group.details is not None
    assert group.details.deregistration_delay_seconds == 20
    assert {target.id for target in group.details.targets} == {i.id for i in web.instances}
    assert found.listeners[1].tls_policy == "ELBSecurityPolicy-TLS13-1-2-2021-06"
    assert len(found.listeners[1].certificate_arns) == 1


def test_a_hundred_rules_and_sixty_groups_take_few_calls(shell: Local, large: str) -> None:
    mark = shell.own.mark()

    found = inspect(Calls(), large, Wanted())

    sent = sum(shell.own.calls(mark, "inspector").values())
    assert sent == found.calls < MOST_CALLS
    assert len(found.target_groups) == 60
    assert sum(len(listener.rules) for listener in found.listeners) == 101
    read = [group for group in found.target_groups if group.details is not None]
    assert len(read) > 20


def test_what_was_not_read_can_be_asked_for(shell: Local, large: str) -> None:
    named = inspect(Calls(), large, Wanted(names=("g-57",)))
    everything = inspect(Calls(), large, Wanted(is_everything=True))

    assert [g.name for g in named.target_groups if g.details is not None] == ["g-57"]
    assert all(g.details is not None for g in everything.target_groups)


def test_throttling_is_survived(shell: Local, shop: Shop) -> None:
    with shell.own.faulty({"answer": "Throttling", "operations": ["elbv2:*"], "calls": 1}):
        found = inspect(Calls(), BALANCER, Wanted())

        assert shell.own.met() == [1]
    assert len(found.target_groups) == 3


def test_a_refusal_names_the_call(shell: Local, shop: Shop) -> None:
    denied = {"answer": "AccessDenied", "operations": ["autoscaling:*"]}
    with (
        shell.own.faulty(denied),
        pytest.raises(UnsureError, match="DescribeAutoScalingGroups"),
    ):
        inspect(Calls(), BALANCER, Wanted())


def test_a_stack_is_read_as_the_role_that_its_provider_assumes(shell: Local, shop: Shop) -> None:
    role = {"roleArn": "arn:aws:iam::123456789012:role/deploy"}
    mark = shell.own.mark()

    found = inspect(Calls(aws_config={"assumeRoles": json.dumps([role])}), BALANCER, Wanted())

    assert len(found.target_groups) == 3
    assert shell.own.calls(mark)["AssumeRole"] >= 1
    own = shell.own.calls(mark, access_key_id=shell.environment["AWS_ACCESS_KEY_ID"])
    assert set(own) == {"AssumeRole"}


def test_a_role_without_its_arn_is_bad_input() -> None:
    with pytest.raises(InputError, match="without roleArn") as raised:
        Calls(region="us-east-1", aws_config={"assumeRoles": '[{"sessionName": "x"}]'})

    assert raised.value.exit_code == 2


def test_a_load_balancer_that_is_not_there_is_told_with_those_that_are(
    shell: Local, shop: Shop
) -> None:
    with pytest.raises(InputError, match=rf"no load balancer .* it has {BALANCER}"):
        inspect(Calls(), "nope", Wanted())


def test_no_secret_of_a_preview_rule_is_told(shell: Local) -> None:
    _, listener, vpc = shell.balancer("secretive")
    header = {"HttpHeaderName": PREVIEW_HEADER, "Values": ["01-0123456789abcdef"]}
    shell.client("elbv2").create_rule(
        ListenerArn=listener,
        Priority=7,
        Conditions=[{"Field": "http-header", "HttpHeaderConfig": header}],
        Actions=[{"Type": "forward", "TargetGroupArn": shell.group("hidden", vpc)}],
    )

    for option in ("--json", "--markdown", "--all"):
        told = CliRunner().invoke(command, ["--load-balancer", "secretive", option])

        assert told.exit_code == 0, told.output
        assert "01-0123456789abcdef" not in told.output
        assert "01-[secret]" in told.output.replace("\\", "")


def test_the_json_has_rules_groups_and_obstacles(shell: Local, shop: Shop) -> None:
    told = CliRunner().invoke(command, ["--load-balancer", shop.balancer_arn, "--json"])

    document = json.loads(told.output)
    assert document["version"] == 2
    assert document["listeners"][1]["rules"][3]["goes"] == f"forwards to {PORTAL_GROUP}"
    stopping = [each["kind"] for each in document["obstacles"] if each["weight"] == "stops"]
    assert stopping == ["group-shared"]


def test_the_json_has_all_that_the_balancer_is_made_again_from(shell: Local, shop: Shop) -> None:
    told = CliRunner().invoke(command, ["--load-balancer", BALANCER, "--json"])

    document = json.loads(told.output)
    balancer, network = document["loadBalancer"], document["network"]
    assert network["cidrBlocks"] == ["172.20.0.0/16"]
    assert set(balancer["subnetIds"]) < {each["id"] for each in network["subnets"]}
    assert balancer["attributes"]["idle_timeout.timeout_seconds"] == "60"
    groups = {group["name"]: group for group in network["securityGroups"]}
    assert set(groups) == {"default", "launch-wizard-1", "launch-wizard-2"}
    (rule,) = groups["launch-wizard-2"]["ingress"]
    assert rule["UserIdGroupPairs"][0]["GroupId"] == groups["launch-wizard-1"]["id"]
    answer = document["listeners"][1]["rules"][1]["actions"][0]["config"]
    assert answer == {"StatusCode": "403", "MessageBody": "no", "ContentType": "text/plain"}
    (web,) = [each for each in document["targetGroups"] if each["name"] == WEB_GROUP]
    assert web["details"]["attributes"]["deregistration_delay.timeout_seconds"] == "20"
    assert {target["port"] for target in web["details"]["targets"]} == {8080}
    sources = document["launchTemplates"][0]["versions"] + document["launchConfigurations"]
    assert {each["data"]["ImageId"] for each in sources} == {"ami-0fa11000000000001"}


def test_the_json_has_no_user_data_and_no_secret_of_a_login(shell: Local) -> None:
    balancer_arn, listener, vpc = shell.balancer("guarded")
    ec2, elb = shell.client("ec2"), shell.client("elbv2")
    script = base64.b64encode(b"#!/bin/sh\nexport PASSWORD=hunter2\n").decode()
    data = {"ImageId": "ami-0fa11000000000001", "InstanceType": "m7i.large", "UserData": script}
    ec2.create_launch_template(LaunchTemplateName="guarded", LaunchTemplateData=data)
    of_vpc = [{"Name": "vpc-id", "Values": [vpc]}]
    subnet = ec2.describe_subnets(Filters=of_vpc)["Subnets"][0]["SubnetId"]
    server = ec2.run_instances(
        ImageId=data["ImageId"], UserData=script, SubnetId=subnet, MinCount=1, MaxCount=1
    )["Instances"][0]["InstanceId"]
    group = shell.group("guarded", vpc)
    elb.register_targets(TargetGroupArn=group, Targets=[{"Id": server}])
    shell.rule(listener, 1, group)
    shell.rule(_secure(shell, balancer_arn), 1, group)

    told = CliRunner().invoke(
        command, ["--load-balancer", "guarded", "--launch-template", "guarded", "--json"]
    )

    assert told.exit_code == 0, told.output
    document = json.loads(told.output)
    (template,) = document["launchTemplates"]
    assert template["versions"][0]["hasUserData"]
    assert "UserData" not in template["versions"][0]["data"]
    assert [each["id"] for each in document["servers"]] == [server]
    assert script not in told.output
    assert "client-secret" not in told.output
    kinds = [a["kind"] for li in document["listeners"] for r in li["rules"] for a in r["actions"]]
    assert "authenticate-oidc" in kinds


def _secure(shell: Local, balancer_arn: str) -> str:
    """An HTTPS listener whose default action asks for a login."""
    certificate, key = self_signed_certificate(["*.example"])
    imported = shell.client("acm").import_certificate(Certificate=certificate, PrivateKey=key)
    login = {
        "Issuer": "https://login.example",
        "AuthorizationEndpoint": "https://login.example/authorize",
        "TokenEndpoint": "https://login.example/token",
        "UserInfoEndpoint": "https://login.example/user",
        "ClientId": "shop",
        "ClientSecret": "client-secret",
    }
    answer = {"Type": "fixed-response", "Order": 2, "FixedResponseConfig": {"StatusCode": "404"}}
    made = shell.client("elbv2").create_listener(
        LoadBalancerArn=balancer_arn,
        Port=443,
        Protocol="HTTPS",
        Certificates=[{"CertificateArn": imported["CertificateArn"]}],
        DefaultActions=[
            {"Type": "authenticate-oidc", "Order": 1, "AuthenticateOidcConfig": login},
            answer,
        ],
    )
    return made["Listeners"][0]["ListenerArn"]


def test_nothing_is_written_to_aws(shell: Local, shop: Shop) -> None:
    mark = shell.own.mark()

    told = CliRunner().invoke(command, ["--load-balancer", BALANCER, "--all"])

    assert told.exit_code == 0
    asked = shell.own.calls(mark, "inspector")
    assert all(operation.startswith("Describe") for operation in asked)
    assert len(asked) > 5


def test_no_line_of_it_ends_in_blanks_where_it_is_piped(shell: Local, shop: Shop) -> None:
    told = CliRunner().invoke(command, ["--load-balancer", BALANCER])

    lines = told.output.split("\n")
    assert len(lines) > 30
    assert [line for line in lines if line != line.rstrip()] == []


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--load-balancer", "nope"], 2, "no load balancer of this name"),
        (["--load-balancer", BALANCER, "--profile", "nobody"], 2, "nobody"),
        (["--load-balancer", BALANCER, "--json", "--markdown"], 2, "choose one"),
        (["--load-balancer", BALANCER, "--target-group", "wbe"], 2, "wbe: no target group"),
        (["--load-balancer", BALANCER, "--launch-template", "web"], 2, "add it"),
        (
            ["--load-balancer", BALANCER, "--launch-template", "nope", "--json"],
            2,
            "--launch-template nope: no launch template",
        ),
    ],
)
def test_bad_input_ends_with_its_code_and_its_reason(
    shell: Local, shop: Shop, options: list[str], code: int, said: str
) -> None:
    told = CliRunner().invoke(command, options)

    assert told.exit_code == code
    assert said in told.output
