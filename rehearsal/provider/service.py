# ruff: noqa: ARG002, N802 - the methods are gRPC's: its names, its arguments
"""The provider as the engine speaks to it: gRPC in, the generic mechanism inside, gRPC out."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import grpc
from botocore.exceptions import BotoCoreError, ClientError
from google.protobuf import any_pb2, empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc, status_pb2

from rehearsal.provider.call import ProviderCall
from rehearsal.provider.check import checked_inputs
from rehearsal.provider.diff import (
    PropertyDifference,
    changes,
    created_state,
    updated_state,
    without_ignored,
)
from rehearsal.provider.engines import Engines, configuration_of
from rehearsal.provider.errors import (
    ConfigurationError,
    ProviderError,
    ProviderNotSupportedError,
    described,
)
from rehearsal.provider.families import SECRET_RESULTS
from rehearsal.provider.provisioning import (
    UnfinishedError,
    apply_changes,
    created,
    inputs_of,
    read_back,
    read_fitted,
)
from rehearsal.provider.table import DEFAULTS_KEY, ResourceType, Values, package_schema
from rehearsal.provider.wire import decode, encode

log = logging.getLogger("rehearsal.provider")

Function: TypeAlias = Callable[[ProviderCall, Values], Values]
"""An invoke: arguments to result."""

_DIFF_KINDS = {
    ("add", False): provider_pb2.PropertyDiff.ADD,
    ("add", True): provider_pb2.PropertyDiff.ADD_REPLACE,
    ("delete", False): provider_pb2.PropertyDiff.DELETE,
    ("delete", True): provider_pb2.PropertyDiff.DELETE_REPLACE,
    ("update", False): provider_pb2.PropertyDiff.UPDATE,
    ("update", True): provider_pb2.PropertyDiff.UPDATE_REPLACE,
}


class Refusals(grpc.ServerInterceptor):
    """Turns what AWS or the provider refuses into one message; a defect stays a traceback."""

    def intercept_service(
        self, continuation: Callable[[Any], Any], handler_call_details: Any
    ) -> Any:
        """Wrap one method."""
        handler = continuation(handler_call_details)
        if handler is None:
            return None
        method = handler_call_details.method.rpartition("/")[2]

        def serve(request: Any, context: Any) -> Any:
            try:
                return handler.unary_unary(request, context)
            except UnfinishedError as error:
                _send_unfinished(context, error)
            except (ProviderError, ClientError, BotoCoreError) as error:
                subject = getattr(request, "urn", "").rpartition("::")[2]
                text = described(error)
                log.info("%s %s: %s", method, subject, text)
                context.abort(grpc.StatusCode.UNKNOWN, text)

        return grpc.unary_unary_rpc_method_handler(
            serve, handler.request_deserializer, handler.response_serializer
        )


def _send_unfinished(context: Any, error: UnfinishedError) -> None:
    """Report to the engine that the resource exists, so that it keeps it and repairs it next time.

    Source: pulumi/proto provider.proto, ErrorResourceInitFailed.
    """
    failure = provider_pb2.ErrorResourceInitFailed(
        id=error.resource_id, properties=encode(error.state), reasons=[str(error)]
    )
    detail = any_pb2.Any()
    detail.Pack(failure)
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=str(error))
    status.details.append(detail)
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(grpc.StatusCode.UNKNOWN, str(error))


class AwsProvider(provider_pb2_grpc.ResourceProviderServicer):
    """Serves any number of engines, at once or one after another."""

    def __init__(
        self,
        types: Mapping[str, ResourceType],
        functions: Mapping[str, Function],
        engines: Engines,
        version: str,
    ) -> None:
        self._types = types
        self._functions = functions
        self._engines = engines
        self._version = version

    def _type(self, urn: str) -> ResourceType:
        token = urn.split("::")[2].rpartition("$")[2]
        if token not in self._types:
            raise ProviderNotSupportedError(
                f"resource type {token} is not supported by the rehearsal"
            )
        return self._types[token]

    # The plugin itself.

    def Attach(self, request: Any, context: Any) -> empty_pb2.Empty:
        """An engine found this provider through PULUMI_DEBUG_PROVIDERS."""
        return empty_pb2.Empty()

    def Handshake(self, request: Any, context: Any) -> provider_pb2.ProviderHandshakeResponse:
        """What this provider understands; the same as `Configure` answers."""
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True)

    def GetPluginInfo(self, request: Any, context: Any) -> plugin_pb2.PluginInfo:
        """The version of pulumi-aws that it stands in for."""
        return plugin_pb2.PluginInfo(version=self._version)

    def GetSchema(self, request: Any, context: Any) -> provider_pb2.GetSchemaResponse:
        """The schema of the supported types, which `pulumi import` writes code from."""
        schema = package_schema(self._types, self._version)
        return provider_pb2.GetSchemaResponse(schema=json.dumps(schema))

    def Cancel(self, request: Any, context: Any) -> empty_pb2.Empty:
        """The engine leaves, or a person pressed Ctrl-C: whatever waits for it ends."""
        self._engines.stop(context.peer())
        return empty_pb2.Empty()

    # Configuration.

    def CheckConfig(self, request: Any, context: Any) -> provider_pb2.CheckResponse:
        """Refuse a key that could not be honoured; pass the rest on."""
        given = decode(request.news)
        try:
            configuration_of(given.values)
        except ConfigurationError as error:
            failure = provider_pb2.CheckFailure(reason=str(error))
            return provider_pb2.CheckResponse(failures=[failure])
        return provider_pb2.CheckResponse(inputs=encode(given.values, given.secrets))

    def DiffConfig(self, request: Any, context: Any) -> provider_pb2.DiffResponse:
        """Report what changed: without a change the engine keeps the old configuration."""
        old, new = decode(request.old_inputs).values, decode(request.news).values
        changed = sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
        return _diff_response(
            [PropertyDifference(name, "update") for name in changed], delete_before_replace=False
        )

    def Configure(self, request: Any, context: Any) -> provider_pb2.ConfigureResponse:
        """Take the engine on, with its region, default tags and allowed accounts."""
        self._engines.configure(context.peer(), configuration_of(decode(request.args).values))
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    def Invoke(self, request: Any, context: Any) -> provider_pb2.InvokeResponse:
        """Look something up."""
        if request.tok not in self._functions:
            raise ProviderNotSupportedError(
                f"function {request.tok} is not supported by the rehearsal"
            )
        call = self._engines.of(context.peer()).call(context)
        result = self._functions[request.tok](call, decode(request.args).values)
        secrets = SECRET_RESULTS.get(request.tok, frozenset())
        answer: Any = {"return": encode(result, secrets)}
        return provider_pb2.InvokeResponse(**answer)

    # Resources.

    def Check(self, request: Any, context: Any) -> provider_pb2.CheckResponse:
        """Validate inputs and fill in defaults; asks AWS nothing."""
        given = decode(request.news)
        inputs, problems = checked_inputs(
            self._type(request.urn),
            given.values,
            old_inputs=decode(request.olds).values,
            logical_name=request.urn.rpartition("::")[2],
            seed=request.randomSeed,
            default_tags=self._engines.of(context.peer()).configuration.default_tags,
        )
        failures = [
            provider_pb2.CheckFailure(property=problem.path, reason=problem.reason)
            for problem in problems
        ]
        return provider_pb2.CheckResponse(inputs=encode(inputs, given.secrets), failures=failures)

    def Diff(self, request: Any, context: Any) -> provider_pb2.DiffResponse:
        """Compare the old state with the new inputs; asks AWS nothing."""
        kind = self._type(request.urn)
        inputs = decode(request.news).values
        found = changes(kind, decode(request.olds).values, inputs)
        found = without_ignored(found, request.ignoreChanges)
        must_go_first = _keeps_its_name(kind, decode(request.old_inputs).values, inputs)
        return _diff_response(found, delete_before_replace=must_go_first)

    def Create(self, request: Any, context: Any) -> provider_pb2.CreateResponse:
        """Create it, or return what a preview can know of it."""
        kind = self._type(request.urn)
        given = decode(request.properties)
        if request.preview:
            state = created_state(kind, given.values)
            return provider_pb2.CreateResponse(properties=encode(state, given.secrets))
        call = self._engines.of(context.peer()).call(context, request.timeout)
        resource_id, state = created(call, kind, given.values)
        return provider_pb2.CreateResponse(id=resource_id, properties=encode(state, given.secrets))

    def Read(self, request: Any, context: Any) -> provider_pb2.ReadResponse:
        """Refresh a resource, or import one; an empty id means that it is gone."""
        kind = self._type(request.urn)
        old_inputs, old_state = decode(request.inputs), decode(request.properties)
        call = self._engines.of(context.peer()).call(context)
        state = read_fitted(call, kind, request.id, old_inputs.values)
        if state is None:
            return provider_pb2.ReadResponse()
        inputs = inputs_of(kind, state, old_inputs.values)
        secrets = old_inputs.secrets | old_state.secrets
        return provider_pb2.ReadResponse(
            id=state["id"], properties=encode(state, secrets), inputs=encode(inputs, secrets)
        )

    def Update(self, request: Any, context: Any) -> provider_pb2.UpdateResponse:
        """Change it in place, and answer with what AWS then holds."""
        kind = self._type(request.urn)
        old, given = decode(request.olds).values, decode(request.news)
        found = without_ignored(changes(kind, old, given.values), request.ignoreChanges)
        if request.preview:
            state = updated_state(kind, old, given.values, found)
        else:
            call = self._engines.of(context.peer()).call(context, request.timeout)
            apply_changes(call, kind, request.id, old, given.values, found)
            state = read_back(call, kind, request.id, given.values)
        return provider_pb2.UpdateResponse(properties=encode(state, given.secrets))

    def Delete(self, request: Any, context: Any) -> empty_pb2.Empty:
        """Delete it and wait until it is gone; gone already is fine."""
        kind = self._type(request.urn)
        call = self._engines.of(context.peer()).call(context, request.timeout)
        kind.delete(call, request.id, decode(request.properties).values)
        return empty_pb2.Empty()


def _keeps_its_name(kind: ResourceType, old_inputs: Values, inputs: Values) -> bool:
    """Whether a replacement would want the name that its predecessor still has.

    Source: pulumi-terraform-bridge, a resource whose name is not automatic is deleted first.
    """
    if kind.autoname is None:
        return False
    name = kind.autoname.property
    is_given = name not in inputs.get(DEFAULTS_KEY, ())
    return is_given and name in inputs and inputs[name] == old_inputs.get(name)


def _diff_response(
    found: list[PropertyDifference], *, delete_before_replace: bool
) -> provider_pb2.DiffResponse:
    replaces = sorted({change.top_level for change in found if change.replaces})
    some, none = provider_pb2.DiffResponse.DIFF_SOME, provider_pb2.DiffResponse.DIFF_NONE
    return provider_pb2.DiffResponse(
        changes=some if found else none,
        diffs=sorted({change.top_level for change in found}),
        replaces=replaces,
        deleteBeforeReplace=bool(replaces) and delete_before_replace,
        hasDetailedDiff=True,
        detailedDiff={
            change.path: provider_pb2.PropertyDiff(kind=_DIFF_KINDS[change.kind, change.replaces])
            for change in found
        },
    )
