"""Where on loopback everything is: listeners, instances, and what is nowhere.

A loopback port stays ours while no process listens on it.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from contextlib import ExitStack

from rehearsal.control_plane.topology import (
    Topology,
    TopologyInstance,
    TopologyListener,
    TopologyLoadBalancer,
    TopologyTargetGroup,
    each_listener,
)
from rehearsal.data_plane.firewall import Firewall
from rehearsal.data_plane.rendering import Address

HOST = "127.0.0.1"

HTTP_PORT, HTTPS_PORT = 80, 443
_NOWHERE = "nowhere"


class Ports:
    """Hands out one free loopback port per key, and the same one again for the same key.

    The port is held by a bound socket that does not listen. Another process of the same user binds
    it as well, with `SO_REUSEPORT`, and connections are refused while none does.
    """

    def __init__(self) -> None:
        self._held: dict[Hashable, socket.socket] = {}

    def of(self, key: Hashable) -> int:
        """The port of `key`."""
        if key not in self._held:
            holder = socket.socket()
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            holder.bind((HOST, 0))
            self._held[key] = holder
        return int(self._held[key].getsockname()[1])

    def keep(self, keys: set[Hashable]) -> None:
        """Let every other port go."""
        for key in set(self._held) - keys:
            self._held.pop(key).close()

    def close(self) -> None:
        """Let all go."""
        self.keep(set())


class SilentPorts:
    """Loopback ports to which no connection comes about, as where a firewall drops the packets.

    A port's queue of one is filled by a connection of ours that is not accepted, so that the kernel
    (Linux) answers no other one; elsewhere a connection may come about, and gets no answer.
    """

    def __init__(self) -> None:
        self._held: dict[Hashable, tuple[int, ExitStack]] = {}

    def of(self, key: Hashable) -> int:
        """The port of `key`, any free one where it has none yet."""
        if key not in self._held:
            self._held[key] = _silent(0)
        return self._held[key][0]

    def hold(self, ports: Mapping[Hashable, int]) -> None:
        """Be silent on these ports, which `Ports` gave, as well."""
        for key, port in ports.items():
            if key not in self._held:
                self._held[key] = _silent(port)

    def keep(self, keys: set[Hashable]) -> None:
        """Let every other port go."""
        for key in set(self._held) - keys:
            self._held.pop(key)[1].close()

    def close(self) -> None:
        """Let all go."""
        self.keep(set())


def _silent(port: int) -> tuple[int, ExitStack]:
    sockets = ExitStack()
    listener = sockets.enter_context(socket.socket())
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind((HOST, port))
    listener.listen(0)
    address = listener.getsockname()
    waiting = sockets.enter_context(socket.socket())
    waiting.connect(address)
    return int(address[1]), sockets


class Addresses:
    """Gives each listener and each instance its loopback port.

    The ports of the first load balancer's 80 and 443 are known before there is one, so that a shell
    can have them. A listener keeps its port for as long as it is there.
    """

    def __init__(self, serves_on: Callable[[str, int], bool]) -> None:
        self._ports = Ports()
        self._silent = SilentPorts()
        self._firewall = Firewall(Topology())
        self._serves_on = serves_on
        self._keys: dict[tuple[str, int], Hashable] = {}
        self._by_private_ip: dict[str, str] = {}
        self._instances: set[Hashable] = set()
        self.http_port = self._ports.of(HTTP_PORT)
        self.https_port = self._ports.of(HTTPS_PORT)
        self._nowhere = self._ports.of(_NOWHERE)

    def follow_instances(self, instances: Iterable[TopologyInstance]) -> None:
        """Take up new instances, and release those that are gone."""
        present = list(instances)
        self._by_private_ip = {i.private_ip: i.instance_id for i in present if i.private_ip}
        self._instances = {_instance_key(i.instance_id) for i in present}
        self._let_go()

    def follow_listeners(self, topology: Topology) -> None:
        """Take up new listeners, and release those that are gone."""
        present = [(b.arn, listener.port) for b, listener in each_listener(topology)]
        self._keys = {place: key for place, key in self._keys.items() if place in present}
        for place in present:
            if place not in self._keys:
                port = place[1]
                is_first = port in (HTTP_PORT, HTTPS_PORT) and port not in self._keys.values()
                self._keys[place] = port if is_first else place
        self._let_go()

    def follow_firewall(self, topology: Topology) -> None:
        """Take up the security groups, and stop being silent where a client may connect again."""
        self._firewall = Firewall(topology)
        closed = {_closed_key(b, each) for b, each in self._closed(topology)}
        unreachable = {
            _unreachable_key(group, target.target_id)
            for group in topology.target_groups
            for target in group.targets
        }
        self._silent.keep(closed | unreachable)

    def silence_closed_listeners(self, topology: Topology) -> None:
        """Answer nothing where no client may connect. No other process listens there any more."""
        self._silent.hold(
            {_closed_key(b, each): self.of_listener(b, each) for b, each in self._closed(topology)}
        )

    def is_open(self, balancer: TopologyLoadBalancer, listener: TopologyListener) -> bool:
        """Whether clients may connect to a listener."""
        return self._firewall.lets_clients_in(balancer, listener)

    def _closed(
        self, topology: Topology
    ) -> Iterator[tuple[TopologyLoadBalancer, TopologyListener]]:
        for balancer, listener in each_listener(topology):
            if not self.is_open(balancer, listener):
                yield balancer, listener

    def _let_go(self) -> None:
        always: set[Hashable] = {HTTP_PORT, HTTPS_PORT, _NOWHERE}
        self._ports.keep(always | set(self._keys.values()) | self._instances)

    def of_listener(self, balancer: TopologyLoadBalancer, listener: TopologyListener) -> int:
        """The loopback port of a listener that was in the topology."""
        return self._ports.of(self._keys[balancer.arn, listener.port])

    def of_instance(self, instance_id: str) -> int:
        """The loopback port of an instance."""
        return self._ports.of(_instance_key(instance_id))

    def of_target(self, group: TopologyTargetGroup, target_id: str, port: int) -> Address:
        """Where a target of a group is served. One that is nowhere refuses connections.

        One that the security groups keep the load balancer from does not answer.
        A target with an IP address is an instance's, or loopback itself; no other is ever
        connected to.
        """
        if not self._firewall.lets_requests_through(group.arn, target_id, port):
            return HOST, self._silent.of(_unreachable_key(group, target_id))
        instance_id = self._by_private_ip.get(target_id, target_id)
        # An instance of the rehearsal answers health checks on whatever port they are made.
        is_check = port == group.health_check.port
        if self._serves_on(instance_id, group.port if is_check else port):
            return HOST, self.of_instance(instance_id)
        if _is_loopback(target_id):
            return target_id, port
        return HOST, self._nowhere


def _instance_key(instance_id: str) -> Hashable:
    return "instance", instance_id


def _closed_key(balancer: TopologyLoadBalancer, listener: TopologyListener) -> Hashable:
    return "closed", balancer.arn, listener.port


def _unreachable_key(group: TopologyTargetGroup, target_id: str) -> Hashable:
    return "unreachable", group.arn, target_id


def _is_loopback(target_id: str) -> bool:
    try:
        return ipaddress.ip_address(target_id).is_loopback
    except ValueError:
        return False
