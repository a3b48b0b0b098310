"""Listeners of Application Load Balancers."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult
from moto.elbv2.exceptions import DuplicateListenerError, ELBClientError, ValidationError
from moto.elbv2.models import ELBv2Backend
from moto.elbv2.responses import ELBV2Response
from moto.elbv2.ssl_policies import SSL_POLICIES

from rehearsal.control_plane.correction import Correction, Replace
from rehearsal.control_plane.corrections.forward_actions import checked_actions
from rehearsal.control_plane.corrections.listener_rules import (
    balancer_of,
    check_number_of_target_groups,
)
from rehearsal.control_plane.world import World
from rollout.json_value import map_of

_Original = Callable[..., Any]

DEFAULT_POLICY = "ELBSecurityPolicy-2016-08"
MAX_LISTENERS = 50

ATTRIBUTES = {
    "routing.http.response.server.enabled": "true",
    "routing.http.response.strict_transport_security.header_value": "",
    "routing.http.response.access_control_allow_origin.header_value": "",
    "routing.http.response.access_control_allow_methods.header_value": "",
    "routing.http.response.access_control_allow_headers.header_value": "",
    "routing.http.response.access_control_allow_credentials.header_value": "",
    "routing.http.response.access_control_expose_headers.header_value": "",
    "routing.http.response.access_control_max_age.header_value": "",
    "routing.http.response.content_security_policy.header_value": "",
    "routing.http.response.x_content_type_options.header_value": "",
    "routing.http.response.x_frame_options.header_value": "",
}
"""Attributes of an ALB's listener with their defaults. Source: ELBv2 API, ListenerAttribute."""

TLS_ATTRIBUTES = {
    "routing.http.request.x_amzn_mtls_clientcert_serial_number.header_name": "",
    "routing.http.request.x_amzn_mtls_clientcert_issuer.header_name": "",
    "routing.http.request.x_amzn_mtls_clientcert_subject.header_name": "",
    "routing.http.request.x_amzn_mtls_clientcert_validity.header_name": "",
    "routing.http.request.x_amzn_mtls_clientcert_leaf.header_name": "",
    "routing.http.request.x_amzn_mtls_clientcert.header_name": "",
    "routing.http.request.x_amzn_tls_version.header_name": "",
    "routing.http.request.x_amzn_tls_cipher_suite.header_name": "",
}
"""The attributes that an HTTPS listener has besides."""


def _check_secure(backend: ELBv2Backend, params: dict[str, Any], protocol: str) -> None:
    """Certificate and policy: both there for HTTPS, neither for HTTP."""
    certificates: list[dict[str, Any]] = params.get("Certificates") or []
    policy = params.get("SslPolicy")
    if protocol == "HTTP":
        if certificates or policy:
            raise ValidationError("An HTTP listener takes neither a certificate nor a policy")
        return
    if policy is not None and policy not in SSL_POLICIES:
        raise ELBClientError("SSLPolicyNotFound", f"SSL policy '{policy}' not found")
    if len(certificates) > 1:
        raise ELBClientError(
            "TooManyCertificates", "Exactly one certificate must be specified here"
        )
    for certificate in certificates:
        arn = certificate["CertificateArn"]
        if not _is_certificate(backend, arn):
            raise ELBClientError("CertificateNotFound", f"Certificate '{arn}' not found")


def _is_certificate(backend: ELBv2Backend, arn: str) -> bool:
    return arn.startswith("arn:") and backend._certificate_exists(certificate_arn=arn)


def _check_unsupported(params: dict[str, Any]) -> None:
    mutual = map_of(params.get("MutualAuthentication"))
    if mutual.get("Mode", "off") != "off":
        raise ValidationError("MutualAuthentication: not supported by the rehearsal")
    if params.get("AlpnPolicy"):
        raise ValidationError("ALPN policies are for TLS listeners of Network Load Balancers")


def _check_port(balancer: Any, port: int, own_arn: str | None) -> None:
    for arn, listener in balancer.listeners.items():
        if arn != own_arn and int(listener.port) == port:
            raise DuplicateListenerError


def _create(world: World, original: _Original, self: ELBV2Response) -> ActionResult:
    del world
    params, backend = self._get_params(), self.elbv2_backend
    balancer = backend.load_balancers.get(params["LoadBalancerArn"])
    if balancer is None:
        raise ELBClientError(
            "LoadBalancerNotFound", f"Load balancer '{params['LoadBalancerArn']}' not found"
        )
    _check_unsupported(params)
    backend._validate_port_and_protocol(balancer.type, params.get("Port"), params.get("Protocol"))
    if len(balancer.listeners) >= MAX_LISTENERS:
        raise ELBClientError("TooManyListeners", "You've reached the limit on listeners")
    protocol = params["Protocol"]
    _check_port(balancer, int(params["Port"]), None)
    _check_secure(backend, params, protocol)
    if protocol == "HTTPS" and not params.get("Certificates"):
        raise ValidationError("A certificate must be specified for HTTPS listeners")
    params["DefaultActions"] = checked_actions(
        backend, balancer.vpc_id, params.get("DefaultActions", []), protocol
    )
    check_number_of_target_groups(backend, balancer, params["DefaultActions"])
    result = original(self)
    _settle(result.result["Listeners"][0])
    return result


def _settle(listener: Any) -> None:
    """What only one of the two protocols has."""
    secure = listener.protocol == "HTTPS"
    listener.ssl_policy = (listener.ssl_policy or DEFAULT_POLICY) if secure else None
    if not secure:
        listener.certificate, listener.certificates = None, []
    known = {**ATTRIBUTES, **(TLS_ATTRIBUTES if secure else {})}
    listener.attributes = {k: listener.attributes.get(k, v) for k, v in known.items()}
    listener.alpn_policy = []


def _modify(world: World, original: _Original, self: ELBV2Response) -> ActionResult:
    del world
    params, backend = self._get_params(), self.elbv2_backend
    listener = backend.describe_listeners(None, [params["ListenerArn"]])[0]
    balancer = balancer_of(backend, listener.arn)
    _check_unsupported(params)
    protocol = params.get("Protocol") or listener.protocol
    backend._validate_port_and_protocol(balancer.type, params.get("Port", listener.port), protocol)
    _check_port(balancer, int(params.get("Port") or listener.port), listener.arn)
    _check_secure(backend, params, protocol)
    if protocol == "HTTPS" and not (params.get("Certificates") or listener.certificates):
        raise ValidationError("A certificate must be specified for HTTPS listeners")
    if params.get("DefaultActions"):
        params["DefaultActions"] = checked_actions(
            backend, balancer.vpc_id, params["DefaultActions"], protocol
        )
        check_number_of_target_groups(backend, balancer, params["DefaultActions"])
    result = original(self)
    _settle(listener)
    return result


def _modify_attributes(
    world: World,
    original: _Original,
    self: ELBv2Backend,
    listener_arn: str,
    attrs: list[dict[str, str]],
) -> dict[str, str]:
    del world
    listener = self.describe_listeners(None, [listener_arn])[0]
    for attribute in attrs:
        if attribute["Key"] not in listener.attributes:
            raise ELBClientError(
                "InvalidConfigurationRequest",
                f"Listener attribute key '{attribute['Key']}' is not recognized",
            )
    return original(self, listener_arn, attrs)


LISTENERS = Correction(
    name="listeners",
    moto=(
        "Two listeners on one port; HTTPS without a certificate or with one that is not there; "
        "any policy name; a policy on HTTP listeners; attributes of a Network Load Balancer."
    ),
    aws=(
        "One listener a port; HTTPS needs a certificate that exists and a policy by name; HTTP "
        "has neither; the attributes of an Application Load Balancer's listeners."
    ),
    changes=(
        Replace(ELBV2Response, "create_listener", _create),
        Replace(ELBV2Response, "modify_listener", _modify),
        Replace(ELBv2Backend, "modify_listener_attributes", _modify_attributes),
    ),
)
