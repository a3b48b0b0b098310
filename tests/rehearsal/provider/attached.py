"""The real engine in a folder of its own, attached to a provider on a local AWS."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rehearsal.account import images_of, self_signed_certificate
from rehearsal.local_aws import local_clients
from rehearsal.supervisor import Part

REPOSITORY = Path(__file__).parents[3]
PROGRAM = Path(__file__).parent / "program"
REGION = "us-east-1"
STACK = "drift"


@dataclass(frozen=True)
class Attached:
    """A stack's folder, the environment that its engine runs in, and the AWS beneath."""

    folder: Path
    env: Mapping[str, str]
    endpoint: str
    _clients: dict[str, Any] = field(default_factory=lambda: dict[str, Any]())

    def client(self, service: str) -> Any:
        """A boto3 client, independent of the provider's."""
        if service not in self._clients:
            self._clients[service] = local_clients(self.endpoint, REGION)(service)
        return self._clients[service]

    def close(self) -> None:
        """Let the connections go."""
        for client in self._clients.values():
            client.close()

    def pulumi(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run the CLI whatever comes of it."""
        return subprocess.run(
            ["pulumi", *arguments, "--non-interactive"],
            cwd=self.folder,
            env={**self.env, **env},
            capture_output=True,
            text=True,
            check=False,
        )

    def must(self, *arguments: str) -> str:
        """Run the CLI; its standard output."""
        done = self.pulumi(*arguments)
        assert done.returncode == 0, f"pulumi {' '.join(arguments)}:\n{done.stdout}{done.stderr}"
        return done.stdout

    def set_config(self, **values: str) -> None:
        """`pulumi config set`, for keys of the program."""
        pairs = [f"--plaintext={name}={value}" for name, value in values.items()]
        self.must("config", "set-all", *pairs)

    def exported(self) -> list[dict[str, Any]]:
        """The resources in the stack's state, without the engine's own."""
        deployment = json.loads(self.must("stack", "export"))["deployment"]
        return [one for one in deployment.get("resources", []) if one["type"].startswith("aws:")]


def left_in_aws(stack: Attached) -> dict[str, int]:
    """How many things of each sort stand in AWS, besides what an account always has."""
    ec2, elbv2, s3 = (stack.client(name) for name in ("ec2", "elbv2", "s3"))
    autoscaling, cloudwatch = stack.client("autoscaling"), stack.client("cloudwatch")
    default = [v["VpcId"] for v in ec2.describe_vpcs()["Vpcs"] if v["IsDefault"]]
    things: dict[str, list[Any]] = {
        "networks": ec2.describe_vpcs()["Vpcs"],
        "subnets": ec2.describe_subnets()["Subnets"],
        "route tables": ec2.describe_route_tables()["RouteTables"],
        "security groups": ec2.describe_security_groups()["SecurityGroups"],
        "gateways": ec2.describe_internet_gateways()["InternetGateways"],
        "balancers": elbv2.describe_load_balancers()["LoadBalancers"],
        "target groups": elbv2.describe_target_groups()["TargetGroups"],
        "templates": ec2.describe_launch_templates()["LaunchTemplates"],
        "groups": autoscaling.describe_auto_scaling_groups()["AutoScalingGroups"],
        "policies": autoscaling.describe_policies()["ScalingPolicies"],
        "buckets": s3.list_buckets()["Buckets"],
        "alarms": cloudwatch.describe_alarms()["MetricAlarms"],
        "dashboards": cloudwatch.list_dashboards()["DashboardEntries"],
    }
    own = {
        name: [t for t in all_ if t.get("VpcId") not in default] for name, all_ in things.items()
    }
    return {name: len(kept) for name, kept in own.items() if kept}


@contextlib.contextmanager
def attached(
    folder: Path, program: Path = PROGRAM, boot_seconds: float = 0.2
) -> Generator[Attached]:
    """A control plane, a provider and an empty stack; all gone at the end of the block."""
    with contextlib.ExitStack() as stack:
        plane = Part(
            "local AWS",
            "rehearsal.control_plane",
            ["--boot-seconds", str(boot_seconds)],
            folder / "plane.log",
        )
        stack.callback(plane.stop)
        endpoint = f"http://127.0.0.1:{plane.wait_until_ready()['port']}"
        provider = Part(
            "provider", "rehearsal.provider", ["--endpoint", endpoint], folder / "provider.log"
        )
        stack.callback(provider.stop)
        made = _empty_stack(folder, program, endpoint, provider.wait_until_ready()["port"])
        stack.callback(made.close)
        yield made


def _empty_stack(folder: Path, program: Path, endpoint: str, provider_port: int) -> Attached:
    project = folder / "project"
    shutil.copytree(program, project)
    runtime = {"name": "python", "options": {"virtualenv": str(REPOSITORY / ".venv")}}
    (project / "Pulumi.yaml").write_text(json.dumps({"name": "failover", "runtime": runtime}))
    state = folder / "state"
    state.mkdir()
    env = {
        **os.environ,
        "AWS_ENDPOINT_URL": endpoint,
        "PATH": f"{REPOSITORY / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}",
        # The file backend writes a file of attributes beside each state, in place: an engine killed
        # at that moment leaves it empty, and the state unreadable. Nobody needs the attributes.
        "PULUMI_BACKEND_URL": f"{state.as_uri()}?metadata=skip",
        "PULUMI_CONFIG_PASSPHRASE": "rehearsal",
        "PULUMI_DEBUG_PROVIDERS": f"aws:{provider_port}",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_HOME": str(folder / "home"),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }
    made = Attached(project, env, endpoint)
    made.must("stack", "init", STACK)
    made.set_config(
        **{
            "aws:region": REGION,
            "imageId": images_of(endpoint, REGION)["v1"],
            "certificates": json.dumps(_certificates(made)),
        }
    )
    return made


def _certificates(made: Attached) -> list[str]:
    acm = made.client("acm")
    pairs = [self_signed_certificate(["*.drift.example"]) for _ in range(2)]
    return [
        acm.import_certificate(Certificate=certificate, PrivateKey=key)["CertificateArn"]
        for certificate, key in pairs
    ]
