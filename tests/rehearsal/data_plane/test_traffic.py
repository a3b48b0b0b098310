"""Traffic follows the control plane: raw boto3 on one side, real requests on the other."""

from __future__ import annotations

import re
import socket
import ssl
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from websockets.sync.client import connect

from rehearsal.control_plane.images import GOOD_BUILDS
from tests.rehearsal.data_plane.browser import Answer, Connection
from tests.rehearsal.data_plane.own_target import recording_target, silent_target
from tests.rehearsal.data_plane.world import HOST, Rehearsed, eventually, forward

V1, V2, V3 = (image.image_id for image in GOOD_BUILDS)
MOVE_SECONDS = 60.0


def connection(aws: Rehearsed, host: str = HOST) -> closing[Connection]:
    return closing(Connection(host, aws.https_port, aws.ca))


def get(aws: Rehearsed, host: str, path: str = "/", **headers: str) -> Answer:
    with connection(aws, host) as fresh:
        return fresh.get(path, headers)


def builds(kept: Connection, number: int) -> Counter[str | None]:
    return Counter(kept.get()["x-build"] for _ in range(number))


@pytest.fixture(scope="session")
def slots(aws: Rehearsed) -> tuple[str, str]:
    """Two target groups with a healthy instance each: v1 and v2."""
    old, new = aws.target_group(), aws.target_group()
    aws.rule("slots.example.test", (old, 1), (new, 1))
    aws.group(V1, old)
    aws.group(V2, new)
    aws.wait_for(old, "healthy")
    aws.wait_for(new, "healthy")
    return old, new


@pytest.fixture(scope="module", autouse=True)
def deaf(aws: Rehearsed) -> Generator[Future[Answer]]:
    """What a target answers to which no connection comes about; it takes ten seconds beside."""
    group = aws.target_group(TargetType="ip")
    aws.rule("deaf.example.test", (group, 1))
    with silent_target() as port, ThreadPoolExecutor(1) as pool:
        target = {"Id": "127.0.0.1", "Port": port}
        aws.elbv2.register_targets(TargetGroupArn=group, Targets=[target])
        eventually(lambda: aws.states(group), "it is registered")
        yield pool.submit(get, aws, "deaf.example.test")


@contextmanager
def constant_traffic(ask: Callable[[], Answer]) -> Generator[list[Any]]:
    """Ask on and on beside the test; the list has every answer, or the error."""
    answers: list[Any] = []
    is_over = threading.Event()

    def go_on() -> None:
        while not is_over.is_set():
            try:
                answers.append(ask().status)
            except OSError as error:
                answers.append(repr(error))
                return

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        yield answers
    finally:
        is_over.set()
        thread.join()


def test_a_weight_change_moves_new_requests_on_old_connections(
    aws: Rehearsed, slots: tuple[str, str]
) -> None:
    old, new = slots
    rule = aws.rule("shift.example.test", (old, 100), (new, 0))
    with connection(aws, "shift.example.test") as kept:
        eventually(lambda: kept.get().status == 200, "the rule", MOVE_SECONDS)
        before = builds(kept, 30)

        aws.shift(rule, (old, 0), (new, 100))
        eventually(lambda: kept.get()["x-build"] == "v2", "traffic on v2", MOVE_SECONDS)

        after = builds(kept, 50)
    assert (before, after) == ({"v1": 30}, {"v2": 50})


def test_weights_share_the_requests(aws: Rehearsed, slots: tuple[str, str]) -> None:
    old, new = slots
    aws.rule("share.example.test", (old, 750), (new, 250))
    with connection(aws, "share.example.test") as kept:
        eventually(lambda: kept.get().status == 200, "the rule", MOVE_SECONDS)

        counted = builds(kept, 1000)

    # 6 standard deviations of a binomial with n = 1000, p = 0.25
    assert 250 - 83 < counted["v2"] < 250 + 83


def test_a_download_that_began_before_weight_0_ends_well(
    aws: Rehearsed, slots: tuple[str, str]
) -> None:
    old, new = slots
    rule = aws.rule("download.example.test", (old, 1), (new, 0))
    with (
        connection(aws, "download.example.test") as long,
        connection(aws, "download.example.test") as kept,
    ):
        eventually(lambda: kept.get().status == 200, "the rule", MOVE_SECONDS)
        response = long.begin("/download?seconds=2")

        aws.shift(rule, (old, 0), (new, 1))
        eventually(lambda: kept.get()["x-build"] == "v2", "traffic on v2", MOVE_SECONDS)
        answer = long.rest_of(response)

    assert (answer.status, answer["x-build"], len(answer.body)) == (200, "v1", 20 * 1024)


def test_a_websocket_stays_where_it_was_opened(aws: Rehearsed, slots: tuple[str, str]) -> None:
    old, new = slots
    rule = aws.rule("socket.example.test", (old, 1), (new, 0))
    with connection(aws, "socket.example.test") as kept:
        eventually(lambda: kept.get().status == 200, "the rule", MOVE_SECONDS)
        address = socket.create_connection(("127.0.0.1", aws.https_port))
        url = "wss://socket.example.test/ws"
        with connect(url, sock=address, ssl=aws.ca, proxy=None, close_timeout=2) as ws:
            ws.send("before")
            before = ws.recv(timeout=60)

            aws.shift(rule, (old, 0), (new, 1))
            eventually(lambda: kept.get()["x-build"] == "v2", "traffic on v2", MOVE_SECONDS)
            ws.send("x" * 70_000)
            after = ws.recv(timeout=60)
            assert ws.response is not None
            build = ws.response.headers["X-Build"]

    assert (before, len(after), build) == ("before", 70_000, "v1")


def test_a_rule_with_a_higher_priority_takes_over_and_gives_back(
    aws: Rehearsed, slots: tuple[str, str]
) -> None:
    old, new = slots
    aws.rule("priority.example.test", (old, 1))
    with connection(aws, "priority.example.test") as kept:
        eventually(lambda: kept.get()["x-build"] == "v1", "the rule", MOVE_SECONDS)

        higher = aws.rule("priority.example.test", (new, 1), Priority=1)
        eventually(lambda: kept.get()["x-build"] == "v2", "the higher rule", MOVE_SECONDS)
        aws.elbv2.delete_rule(RuleArn=higher)
        eventually(lambda: kept.get()["x-build"] == "v1", "the lower rule", MOVE_SECONDS)


def test_a_service_comes_and_goes_while_another_one_loses_nothing(
    aws: Rehearsed, slots: tuple[str, str]
) -> None:
    old, _ = slots
    aws.rule("steady.example.test", (old, 1))
    with connection(aws, "steady.example.test") as kept:
        eventually(lambda: kept.get().status == 200, "the rule", MOVE_SECONDS)
        opened = kept.sock
        with constant_traffic(kept.get) as answers:
            other = aws.target_group(TargetType="ip")
            rule = aws.rule("other.example.test", (other, 1))
            aws.elbv2.register_targets(TargetGroupArn=other, Targets=[{"Id": "127.0.0.1"}])
            aws.elbv2.modify_target_group(TargetGroupArn=other, HealthCheckPath="/up")
            eventually(lambda: get(aws, "other.example.test").status != 404, "it serves")
            aws.elbv2.delete_rule(RuleArn=rule)
            eventually(lambda: get(aws, "other.example.test").status == 404, "it is gone")
            aws.elbv2.delete_target_group(TargetGroupArn=other)
            eventually(lambda: len(answers) > 50, "more than a few answers", MOVE_SECONDS)

        assert set(answers) == {200}
        assert kept.sock is opened


def test_a_target_that_is_registered_serves_and_one_that_drains_gets_nothing_new(
    aws: Rehearsed, slots: tuple[str, str]
) -> None:
    old, _ = slots
    mixed = aws.target_group(drain_seconds=30)
    aws.rule("register.example.test", (mixed, 1))
    (instance_id,) = aws.health(old)
    name = "register.example.test"
    with connection(aws, name) as kept, connection(aws, name) as long:
        eventually(lambda: kept.get().status == 503, "an empty group", MOVE_SECONDS)

        aws.elbv2.register_targets(TargetGroupArn=mixed, Targets=[{"Id": instance_id}])
        eventually(lambda: kept.get().status == 200, "the target", MOVE_SECONDS)
        aws.wait_for(mixed, "healthy")
        response = long.begin("/download?seconds=2")
        aws.elbv2.deregister_targets(TargetGroupArn=mixed, Targets=[{"Id": instance_id}])
        eventually(lambda: kept.get().status == 503, "nothing new", MOVE_SECONDS)
        states = aws.states(mixed)
        download = long.rest_of(response)

    assert states == ["draining"]
    assert (download.status, len(download.body)) == (200, 20 * 1024)


def test_host_path_and_header_choose_the_rule(aws: Rehearsed, slots: tuple[str, str]) -> None:
    old, new = slots
    host = {"Field": "host-header", "HostHeaderConfig": {"Values": ["*.Choice.example.test"]}}
    path = {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/portal", "/portal/*"]}}
    token = {"HttpHeaderName": "x-preview", "Values": ["02-secret"]}
    header = {"Field": "http-header", "HttpHeaderConfig": token}
    aws.rule("", (new, 1), Conditions=[host, header])
    aws.rule("", (new, 1), Conditions=[host, path])
    aws.rule("", (old, 100), (new, 0), Conditions=[host])
    name = "a.choice.example.test"
    eventually(lambda: get(aws, name).status == 200, "the rules", MOVE_SECONDS)

    chosen = {
        "plain": get(aws, name),
        "upper case": get(aws, name.upper()),
        "with a port": get(aws, name, Host=f"{name}:8443"),
        "path": get(aws, name, "/portal/x?y=1"),
        "longer path": get(aws, name, "/portals"),
        "path in upper case": get(aws, name, "/PORTAL/x"),
        "path in the query": get(aws, name, "/?/portal/"),
        "header": get(aws, name, **{"X-Preview": "02-SECRET"}),
        "wrong header": get(aws, name, **{"X-Preview": "02-guess"}),
    }
    unknown = get(aws, "choice.example.test")

    assert {what: answer["x-build"] for what, answer in chosen.items()} == {
        "plain": "v1",
        "upper case": "v1",
        "with a port": "v1",
        "path": "v2",
        "longer path": "v1",
        "path in upper case": "v1",
        "path in the query": "v1",
        "header": "v2",
        "wrong header": "v1",
    }
    assert (unknown.status, unknown.body) == (404, "Not found")


def test_method_query_and_source_choose_the_rule(aws: Rehearsed, slots: tuple[str, str]) -> None:
    old, new = slots
    name = "more.example.test"
    host = {"Field": "host-header", "HostHeaderConfig": {"Values": [name]}}
    pairs = [{"Key": "slot", "Value": "0?"}, {"Value": "any*"}]
    conditions: list[dict[str, Any]] = [
        {"Field": "query-string", "QueryStringConfig": {"Values": pairs}},
        {"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["POST"]}},
    ]
    elsewhere = {"Field": "source-ip", "SourceIpConfig": {"Values": ["192.0.2.0/24"]}}
    here = {"Field": "source-ip", "SourceIpConfig": {"Values": ["127.0.0.0/8"]}}
    aws.rule("", (new, 1), Conditions=[host, elsewhere])
    for condition in conditions:
        aws.rule("", (new, 1), Conditions=[host, condition])
    aws.rule("", (old, 1), Conditions=[host, here])
    eventually(lambda: get(aws, name).status == 200, "the rules", MOVE_SECONDS)

    with connection(aws, name) as kept:
        answers = [
            kept.get("/")["x-build"],
            kept.get("/?a=b&SLOT=02")["x-build"],
            kept.get("/?slot=021")["x-build"],
            kept.get("/?x=anything&y")["x-build"],
            kept.get("/", method="POST")["x-build"],
        ]

    assert answers == ["v1", "v2", "v1", "v2", "v2"]


def test_plain_http_is_redirected_to_https_with_path_and_query(aws: Rehearsed) -> None:
    with closing(HTTPConnection("127.0.0.1", aws.http_port, timeout=60)) as plain:
        plain.request("GET", "/a%20b?c=d", headers={"Host": f"{HOST}:{aws.http_port}"})
        answer = plain.getresponse()
        answer.read()

    assert (answer.status, answer.headers["location"]) == (301, f"https://{HOST}:443/a%20b?c=d")


@pytest.mark.parametrize(
    ("redirect", "location"),
    [
        ({"Path": "/new/#{path}"}, "https://r.example.test:443/new/old/x?y=1"),
        ({"Path": "/gone", "Query": ""}, "https://r.example.test:443/gone"),
        ({"Path": "/gone"}, "https://r.example.test:443/gone?y=1"),
        ({"Host": "b.example.test", "Port": "8443"}, "https://b.example.test:8443/old/x?y=1"),
        ({"Path": "/q", "Query": "z=2"}, "https://r.example.test:443/q?z=2"),
    ],
)
def test_a_redirect_replaces_what_it_names(
    aws: Rehearsed, redirect: dict[str, str], location: str
) -> None:
    action = {"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_302", **redirect}}
    rule = aws.rule("r.example.test", Actions=[action])
    eventually(lambda: get(aws, "r.example.test").status == 302, "the rule", MOVE_SECONDS)

    answer = get(aws, "r.example.test", "/old/x?y=1")

    aws.elbv2.delete_rule(RuleArn=rule)
    eventually(lambda: get(aws, "r.example.test").status == 404, "its end", MOVE_SECONDS)
    assert answer["location"] == location


def test_what_is_not_supported_is_refused_as_such(aws: Rehearsed, slots: tuple[str, str]) -> None:
    old, new = slots
    sticky = forward((old, 1), (new, 1))
    sticky["ForwardConfig"]["TargetGroupStickinessConfig"] = {
        "Enabled": True,
        "DurationSeconds": 60,
    }
    aws.rule("sticky.example.test", Actions=[sticky])
    eventually(lambda: get(aws, "sticky.example.test").status != 404, "the rule", MOVE_SECONDS)

    answer = get(aws, "sticky.example.test")

    assert answer.status == 501
    assert answer.body == "stickiness of target groups: not supported by the rehearsal"


def test_silence_for_the_idle_timeout_is_504(aws: Rehearsed, slots: tuple[str, str]) -> None:
    old, _ = slots
    aws.rule("idle.example.test", (old, 1))

    def set_idle_timeout(seconds: int) -> None:
        aws.elbv2.modify_load_balancer_attributes(
            LoadBalancerArn=aws.load_balancer_arn,
            Attributes=[{"Key": "idle_timeout.timeout_seconds", "Value": str(seconds)}],
        )

    eventually(lambda: get(aws, "idle.example.test").status == 200, "the rule", MOVE_SECONDS)
    set_idle_timeout(1)
    try:
        answer = eventually(
            lambda: (
                a if (a := get(aws, "idle.example.test", "/wait?seconds=3")).status != 200 else None
            ),
            "the idle timeout",
        )
    finally:
        set_idle_timeout(60)

    assert answer.status == 504


def test_a_target_that_accepts_no_connection_in_time_is_504(deaf: Future[Answer]) -> None:
    assert deaf.result().status == 504


def test_a_request_can_be_followed_by_its_trace_header(aws: Rehearsed) -> None:
    group = aws.target_group(TargetType="ip")
    aws.rule("trace.example.test", (group, 1))
    given = "Root=1-67891233-abcdef012345678912345678;Self=1-old;Lineage=a:1"
    with recording_target() as (port, seen):
        aws.elbv2.register_targets(
            TargetGroupArn=group, Targets=[{"Id": "127.0.0.1", "Port": port}]
        )
        aws.wait_for(group, "healthy")
        for _ in range(20):
            get(aws, "trace.example.test")
        get(aws, "trace.example.test", **{"X-Amzn-Trace-Id": given})

    *made, kept = [headers["X-Amzn-Trace-Id"] for headers in seen]
    assert len(set(made)) == 20
    assert all(re.fullmatch(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24}", each) for each in made)
    assert re.fullmatch(
        r"Self=1-[0-9a-f]{8}-[0-9a-f]{24};Root=1-67891233-abcdef012345678912345678;Lineage=a:1",
        kept,
    )


def test_a_changed_check_of_a_serving_group_moves_its_traffic_with_the_verdict(
    aws: Rehearsed,
) -> None:
    group = aws.target_group(TargetType="ip")
    aws.rule("recheck.example.test", (group, 1))
    with recording_target() as (good, seen), recording_target("/strict") as (bad, avoided):
        targets = [{"Id": "127.0.0.1", "Port": port} for port in (good, bad)]
        aws.elbv2.register_targets(TargetGroupArn=group, Targets=targets)

        def states() -> list[str]:
            listed = aws.elbv2.describe_target_health(TargetGroupArn=group)
            found = {
                d["Target"]["Port"]: d["TargetHealth"]["State"]
                for d in listed["TargetHealthDescriptions"]
            }
            return [found[good], found[bad]]

        with connection(aws, "recheck.example.test") as kept:
            eventually(lambda: states() == ["healthy", "healthy"], "both serve")
            builds(kept, 40)
            before = len(seen), len(avoided)

            aws.elbv2.modify_target_group(TargetGroupArn=group, HealthCheckPath="/strict")
            eventually(lambda: states() == ["healthy", "unhealthy"], "the verdict")
            eventually(lambda: not asked(kept, avoided), "it is avoided", MOVE_SECONDS)
            at_last = len(seen), len(avoided)
            builds(kept, 40)

    assert min(before) > 0
    assert (len(seen), len(avoided)) == (at_last[0] + 40, at_last[1])


def asked(kept: Connection, seen: list[Any]) -> int:
    """How many of a few requests a target saw."""
    before = len(seen)
    builds(kept, 10)
    return len(seen) - before


def test_both_protocols_and_the_policy_s_tls_versions_are_offered(aws: Rehearsed) -> None:
    def agreed(*protocols: str) -> tuple[str | None, str | None]:
        context = ssl.create_default_context(cafile=str(aws.folder / "ca.pem"))
        context.set_alpn_protocols(list(protocols))
        plain = socket.create_connection(("127.0.0.1", aws.https_port), timeout=60)
        with context.wrap_socket(plain, server_hostname=HOST) as secure:
            return secure.selected_alpn_protocol(), secure.version()

    assert agreed("h2", "http/1.1") == ("h2", "TLSv1.3")
    assert agreed("http/1.1") == ("http/1.1", "TLSv1.3")


def test_curl_speaks_http_2_with_the_ca_file(aws: Rehearsed, slots: tuple[str, str]) -> None:
    old, _ = slots
    aws.rule("curl.example.test", (old, 1))
    eventually(lambda: get(aws, "curl.example.test").status == 200, "the rule", MOVE_SECONDS)
    address = f"curl.example.test:{aws.https_port}"

    said = subprocess.run(
        [
            *("curl", "-sS", "-o", "/dev/null", "-w", "%{http_version} %{http_code}"),
            *("--cacert", str(aws.folder / "ca.pem")),
            *("--resolve", f"{address}:127.0.0.1", f"https://{address}/"),
        ],
        capture_output=True,
        text=True,
        check=True,
    )

    assert said.stdout == "2 200"


def test_a_second_load_balancer_has_ports_of_its_own(
    aws: Rehearsed, slots: tuple[str, str]
) -> None:
    made = aws.elbv2.create_load_balancer(Name="second", Subnets=aws.subnet_ids)
    arn = made["LoadBalancers"][0]["LoadBalancerArn"]
    answer = {"StatusCode": "200", "ContentType": "text/plain", "MessageBody": "second"}
    listener = aws.elbv2.create_listener(
        LoadBalancerArn=arn,
        Port=80,
        Protocol="HTTP",
        DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": answer}],
    )["Listeners"][0]["ListenerArn"]

    def port() -> int | None:
        listed = {entry["arn"]: entry["loopbackPort"] for entry in aws.report()["listeners"]}
        return listed.get(listener)

    with closing(HTTPConnection("127.0.0.1", eventually(port, "its port"), timeout=60)) as plain:
        plain.request("GET", "/")
        body = plain.getresponse().read()
    aws.elbv2.delete_load_balancer(LoadBalancerArn=arn)

    assert body == b"second"


OIDC = {
    "Issuer": "https://login.example",
    "AuthorizationEndpoint": "https://login.example/authorize",
    "TokenEndpoint": "https://login.example/token",
    "UserInfoEndpoint": "https://login.example/me",
    "ClientId": "shop",
    "ClientSecret": "s3cret",
}


def with_login(group: str, **config: str) -> list[dict[str, Any]]:
    login = {"Type": "authenticate-oidc", "Order": 1, "AuthenticateOidcConfig": {**OIDC, **config}}
    return [login, {**forward((group, 1)), "Order": 2}]


def test_who_has_no_session_is_sent_to_the_login_and_who_has_one_to_the_slot(
    aws: Rehearsed, slots: tuple[str, str]
) -> None:
    old, _ = slots
    name = "login.example.test"
    aws.rule(name, Actions=with_login(old))
    eventually(lambda: get(aws, name).status != 404, "the rule", MOVE_SECONDS)

    stranger = get(aws, name, "/shop?a=b")
    other_cookie = get(aws, name, Cookie="XAWSELBAuthSessionCookie=1; a=b")
    user = get(aws, name, "/shop", Cookie="a=b; AWSELBAuthSessionCookie-0=anything")
    back = get(aws, name, "/oauth2/idpresponse?code=1")

    location = urlsplit(stranger["location"] or "")
    assert (stranger.status, other_cookie.status) == (302, 302)
    assert f"{location.scheme}://{location.netloc}{location.path}" == OIDC["AuthorizationEndpoint"]
    assert parse_qs(location.query) == {
        "client_id": ["shop"],
        "redirect_uri": [f"https://{name}/oauth2/idpresponse"],
        "response_type": ["code"],
        "scope": ["openid"],
        "state": ["rehearsal"],
    }
    assert user["x-build"] == "v1"
    assert (back.status, "not supported by the rehearsal" in back.body) == (501, True)


@pytest.mark.parametrize(("choice", "status"), [("deny", 401), ("allow", 200)])
def test_a_rule_may_deny_or_allow_whoever_has_no_session(
    aws: Rehearsed, slots: tuple[str, str], choice: str, status: int
) -> None:
    name = f"{choice}.example.test"
    aws.rule(name, Actions=with_login(slots[0], OnUnauthenticatedRequest=choice))
    eventually(lambda: get(aws, name).status != 404, "the rule", MOVE_SECONDS)

    assert get(aws, name).status == status
    assert get(aws, name, Cookie="AWSELBAuthSessionCookie-0=a").status == 200


def test_a_user_pool_s_login_is_at_its_own_domain(aws: Rehearsed, slots: tuple[str, str]) -> None:
    name = "pool.example.test"
    config = {
        "UserPoolArn": "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_a",
        "UserPoolClientId": "shop",
        "UserPoolDomain": "shop",
    }
    login = {"Type": "authenticate-cognito", "Order": 1, "AuthenticateCognitoConfig": config}
    aws.rule(name, Actions=[login, {**forward((slots[0], 1)), "Order": 2}])
    eventually(lambda: get(aws, name).status != 404, "the rule", MOVE_SECONDS)

    location = get(aws, name)["location"]

    assert location is not None
    assert location.startswith(
        "https://shop.auth.us-east-1.amazoncognito.com/oauth2/authorize?client_id=shop&"
    )
