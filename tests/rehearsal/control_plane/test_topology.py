"""The topology shows what carries traffic, and tells every change."""

from __future__ import annotations

import base64

from rehearsal.control_plane.topology import (
    FixedResponse,
    Forward,
    Redirect,
    Topology,
    TopologyCondition,
    TopologyHealthCheck,
    WeightedTargetGroup,
)
from tests.rehearsal.control_plane.aws import START, V1, Aws, forward, self_signed


def latest(aws: Aws) -> Topology:
    return aws.plane.changes.latest[1]


def test_listeners_and_rules_are_there_in_the_order_in_which_they_are_tried(aws: Aws) -> None:
    one, two = aws.target_group(), aws.target_group()
    host = {"Field": "host-header", "HostHeaderConfig": {"Values": ["a.example.com"]}}
    header = {
        "Field": "http-header",
        "HttpHeaderConfig": {"HttpHeaderName": "x-slot", "Values": ["02-*"]},
    }
    aws.rule((one, 75), (two, 25), Priority=20, Conditions=[host])
    aws.rule((two, 1), Priority=10, Conditions=[header])
    aws.elbv2.create_listener(
        LoadBalancerArn=aws.load_balancer_arn,
        Port=80,
        Protocol="HTTP",
        DefaultActions=[
            {
                "Type": "redirect",
                "RedirectConfig": {
                    "Protocol": "HTTPS",
                    "Port": "443",
                    "StatusCode": "HTTP_301",
                },
            }
        ],
    )

    secure, plain = latest(aws).load_balancers[0].listeners

    assert [(r.priority, r.conditions, r.action) for r in secure.rules] == [
        (
            10,
            (TopologyCondition("http-header", ("02-*",), "x-slot"),),
            Forward((WeightedTargetGroup(two, 1),), False, None),
        ),
        (
            20,
            (TopologyCondition("host-header", ("a.example.com",)),),
            Forward((WeightedTargetGroup(one, 75), WeightedTargetGroup(two, 25)), False, None),
        ),
        (None, (), FixedResponse(404, None, None)),
    ]
    assert (secure.port, secure.protocol, secure.certificate_arns) == (
        443,
        "HTTPS",
        (aws.certificate_arn,),
    )
    assert plain.rules[0].action == Redirect(301, "HTTPS", "443", "#{host}", "/#{path}", "#{query}")


def test_a_target_group_has_its_health_check_attributes_and_targets(aws: Aws) -> None:
    arn = aws.target_group(drain_seconds=45, HealthCheckPath="/up", Matcher={"HttpCode": "200-299"})
    aws.rule((arn, 1))
    name = aws.group(aws.template(), size=1, TargetGroupARNs=[arn])
    aws.pass_seconds(3)

    (group,) = latest(aws).target_groups

    assert group.health_check == TopologyHealthCheck("HTTP", None, "/up", "200-299", 10, 5, 5, 2)
    assert group.attributes["deregistration_delay.timeout_seconds"] == "45"
    (target,) = group.targets
    assert target.target_id == aws.instances(name)[0]["InstanceId"]
    assert (target.port, target.state, target.drains_until) == (8080, "healthy", None)


def test_an_instance_has_what_it_was_launched_from(aws: Aws) -> None:
    user_data = base64.b64encode(b"slot=02").decode()
    template_id = aws.template(V1, UserData=user_data)
    name = aws.group(template_id, size=1)

    (instance,) = latest(aws).instances

    assert (instance.image_id, instance.build, instance.user_data) == (V1, "v1", "slot=02")
    assert (instance.launch_template_id, instance.launch_template_version) == (template_id, 1)
    assert (instance.auto_scaling_group_name, instance.lifecycle_state) == (name, "Pending")
    assert instance.launched_at == START


def test_a_draining_target_has_its_end_and_a_terminated_instance_is_gone(aws: Aws) -> None:
    arn = aws.target_group(drain_seconds=20)
    aws.rule((arn, 1))
    name = aws.group(aws.template(), size=1, TargetGroupARNs=[arn])
    aws.pass_seconds(3)
    aws.autoscaling.update_auto_scaling_group(
        AutoScalingGroupName=name, MinSize=0, DesiredCapacity=0
    )

    (target,) = latest(aws).target_groups[0].targets
    draining = (target.state, target.drains_until, len(latest(aws).instances))
    aws.pass_seconds(21)

    assert draining == ("draining", START + 3 + 20, 1)
    assert latest(aws).target_groups[0].targets == ()
    assert latest(aws).instances == ()


def test_imported_certificates_come_with_their_keys(aws: Aws) -> None:
    certificate, key = self_signed()
    arn = aws.certificate_arn

    (known,) = latest(aws).certificates

    assert (known.arn, known.certificate, known.private_key) == (
        arn,
        certificate.decode(),
        key.decode(),
    )


def test_a_change_of_weights_is_published_once_and_a_read_never(aws: Aws) -> None:
    one, two = aws.target_group(), aws.target_group()
    rule = aws.rule((one, 100), (two, 0))
    told: list[tuple[int, Topology]] = []
    unsubscribe = aws.plane.changes.subscribe(lambda n, t: told.append((n, t)))
    before = told[0][0]

    aws.elbv2.modify_rule(RuleArn=rule, Actions=[forward((one, 75), (two, 25))])
    aws.elbv2.describe_rules(RuleArns=[rule])
    aws.elbv2.modify_rule(RuleArn=rule, Actions=[forward((one, 75), (two, 25))])
    unsubscribe()
    aws.elbv2.modify_rule(RuleArn=rule, Actions=[forward((one, 50), (two, 50))])

    assert [number for number, _ in told] == [before, before + 1]
    assert aws.plane.changes.latest[0] == before + 2


def test_a_target_that_becomes_healthy_by_time_alone_is_a_change(aws: Aws) -> None:
    arn = aws.target_group()
    aws.rule((arn, 1))
    aws.group(aws.template(), size=1, TargetGroupARNs=[arn])
    before = aws.plane.changes.latest[0]

    aws.clock.seconds += 5
    changed = aws.plane.tick()

    assert changed
    assert aws.plane.changes.latest[0] == before + 1
