"""The local AWS of the control plane's tests, for what a kind of fleet does in AWS."""

from tests.rehearsal.control_plane.conftest import aws, clients, endpoint, switch

__all__ = ["aws", "clients", "endpoint", "switch"]
