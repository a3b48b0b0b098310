"""Every key of the config, as one tree: the parser reads by it and the reference is held to it."""

from __future__ import annotations

from rollout.split import Split
from settings.alarms import ALARMS
from settings.candidate import CANDIDATE
from settings.capacity import CAPACITY
from settings.declaration.key import Key, KeyGroup
from settings.declaration.kind import Flag
from settings.freeze import FREEZE
from settings.image import IMAGES
from settings.load_balancer import LOAD_BALANCER
from settings.names import ENVIRONMENT, ORG, REGION_CODE
from settings.network import NETWORK
from settings.override import OVERRIDE
from settings.preview_token import PREVIEW_TOKEN
from settings.ramp import RAMP
from settings.service import SERVICES
from settings.tags import TAGS
from settings.weights import UNKNOWN_WEIGHTS, Weights

WEIGHTS = Key(
    "weights",
    Weights(),
    "The split between slot 01 and slot 02 of every service: the one value that a stage changes.",
    Split(75, 25),
    is_required=True,
    offer=UNKNOWN_WEIGHTS,
)
PROTECTION = Key(
    "protection",
    Flag(),
    "Whether delete, replace and destroy of everything that traffic needs are refused, the load "
    "balancer by AWS too, and the access logs kept.",
    True,
    default=False,
)
ACCESS_LOGS = Key(
    "accessLogs",
    Flag(),
    "Whether the load balancer that we make writes access logs to a bucket of its own. Costs.",
    True,
    default=False,
)
DASHBOARD = Key(
    "dashboard",
    Flag(),
    "Whether every service has a CloudWatch dashboard with both slots side by side. Costs.",
    True,
    default=False,
)
TOP = KeyGroup(
    "",
    "The config of a stack.",
    (
        WEIGHTS,
        CANDIDATE,
        OVERRIDE,
        ORG,
        REGION_CODE,
        ENVIRONMENT,
        SERVICES,
        IMAGES,
        CAPACITY,
        NETWORK,
        LOAD_BALANCER,
        RAMP,
        FREEZE,
        PREVIEW_TOKEN,
        PROTECTION,
        ACCESS_LOGS,
        ALARMS,
        DASHBOARD,
        TAGS,
    ),
)
