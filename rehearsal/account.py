"""What a team's AWS account holds before the program comes: a network, a certificate, images."""

from __future__ import annotations

import datetime
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from rehearsal.local_aws import local_clients

if TYPE_CHECKING:
    from mypy_boto3_acm import ACMClient
    from mypy_boto3_ec2 import EC2Client

ACCOUNT_ID = "123456789012"
_NETWORK = ipaddress.ip_network("10.60.0.0/16")
_ZONES = ("a", "b")
_CERTIFICATE_DAYS = 30


@dataclass(frozen=True, slots=True)
class Account:
    """The ids that a rehearsed stack file names in place of the team's own."""

    account_id: str
    vpc_id: str
    public_subnet_ids: tuple[str, ...]
    private_subnet_ids: tuple[str, ...]
    certificate_arn: str
    images: dict[str, str]
    """Build name, such as `v1`, to AMI id."""


def prepare_account(endpoint: str, region: str, hosts: Iterable[str]) -> Account:
    """Make the network and the certificate, and find the images, in the local AWS at `endpoint`.

    Args:
        endpoint: The local AWS.
        region: Where the stack lives.
        hosts: The host names that the certificate is for.
    """
    client = local_clients(endpoint, region)
    ec2: EC2Client = client("ec2")
    acm: ACMClient = client("acm")
    vpc_id = ec2.create_vpc(CidrBlock=str(_NETWORK))["Vpc"]["VpcId"]  # pyright: ignore[reportTypedDictNotRequiredAccess]
    blocks = _NETWORK.subnets(new_prefix=24)
    subnets = [
        ec2.create_subnet(VpcId=vpc_id, CidrBlock=str(block), AvailabilityZone=f"{region}{zone}")
        for block, zone in zip(blocks, _ZONES * 2, strict=False)
    ]
    ids = [subnet["Subnet"]["SubnetId"] for subnet in subnets]  # pyright: ignore[reportTypedDictNotRequiredAccess]
    connect_to_the_internet(ec2, vpc_id, ids[:2])
    certificate, key = self_signed_certificate(certificate_names(hosts))
    imported = acm.import_certificate(Certificate=certificate, PrivateKey=key)
    return Account(
        account_id=ACCOUNT_ID,
        vpc_id=vpc_id,
        public_subnet_ids=tuple(ids[:2]),
        private_subnet_ids=tuple(ids[2:]),
        certificate_arn=imported["CertificateArn"],
        images=images_of(endpoint, region),
    )


def certificate_names(hosts: Iterable[str]) -> list[str]:
    """The names in the certificate: each host, and its neighbours.

    A team's certificate covers its domain, so a name beside the services' own meets the load
    balancer's answer to an unknown host, and no error of TLS. A pattern that no certificate can
    hold is covered by its neighbours as far as it can be.
    """
    neighbours = {f"*.{host.partition('.')[2]}" for host in hosts if host.count(".") > 1}
    plain = {host for host in hosts if not set("*?") & set(host.removeprefix("*."))}
    usable = {name for name in neighbours if not set("*?") & set(name.removeprefix("*."))}
    return sorted(plain | usable | {"*.example"})


def self_signed_certificate(names: list[str]) -> tuple[bytes, bytes]:
    """A certificate and its key in PEM, ECDSA P-256, for DNS `names`.

    ECDSA because the handshakes of a rehearsal share two cores with everything else: with
    RSA-2048 the same machine carries a third of the fresh connections.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    now = datetime.datetime.now(datetime.UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "failover rehearsal")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(days=_CERTIFICATE_DAYS))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(n) for n in names]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        # Two such certificates have one name: a client that trusts both tells them by their keys.
        .add_extension(identifier, critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return pem, private


def connect_to_the_internet(ec2: EC2Client, vpc_id: str, public_subnet_ids: list[str]) -> None:
    """Give a VPC a gateway to the internet, and these subnets a route to it."""
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]  # pyright: ignore[reportTypedDictNotRequiredAccess]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc_id)
    table = ec2.create_route_table(VpcId=vpc_id)["RouteTable"]["RouteTableId"]  # pyright: ignore[reportTypedDictNotRequiredAccess]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    for subnet_id in public_subnet_ids:
        ec2.associate_route_table(RouteTableId=table, SubnetId=subnet_id)


def images_of(endpoint: str, region: str) -> dict[str, str]:
    """Build name to AMI id, as the account's own images carry it in a tag."""
    ec2: EC2Client = local_clients(endpoint, region)("ec2")
    found = ec2.describe_images(Owners=["self"])["Images"]
    images: dict[str, str] = {}
    for image in found:
        tags = {tag.get("Key"): tag.get("Value") for tag in image.get("Tags", [])}
        build = tags.get("failover:build")
        if build:
            images[build] = image["ImageId"]  # pyright: ignore[reportTypedDictNotRequiredAccess]
    return images
