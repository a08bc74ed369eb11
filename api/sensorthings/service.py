"""SensorThings as a service: a path and options in, JSON values out. Everything is evaluated before the first byte."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from api.catalogue import Shown, Span, View
from api.links import Links
from api.problems import Malformed, NotOffered, NotThere
from api.readings import Readings
from api.sensorthings import v11
from api.sensorthings.evaluate import Lens, check, passes, worth
from api.sensorthings.model import Entity, Kind
from api.sensorthings.moments import Instant, Interval
from api.sensorthings.observations import Budget, Observations
from api.sensorthings.options import Expand, Options, next_query
from api.sensorthings.ordering import sorted_by
from api.sensorthings.resource import Resource, Step
from api.sensorthings.world import World

MOST_ENTITIES = 20_000
OLDEST_KEPT_S = 60.0
NEWEST_KEPT_S = 1.0


class Extents:
    """When each series of a view began and when it was last heard, read seldom: both are asked for all at a time."""

    def __init__(self, readings: Readings, view: View) -> None:
        self._readings = readings
        self._view = view
        self._oldest: dict[int, tuple[float, int | None]] = {}
        self._newest: tuple[float, Mapping[int, int]] = (-NEWEST_KEPT_S, {})

    def __call__(self, shown: Shown) -> Span | None:
        """The times of its first and last visible reading."""
        now = time.monotonic()
        if now - self._newest[0] >= NEWEST_KEPT_S:
            rows = self._readings.latest(list(self._view.shown.values()))
            self._newest = now, {number: int(row["time_s"]) for number, row in rows.items()}
        newest = self._newest[1].get(shown.id)
        if newest is None:
            return None
        read_at, oldest = self._oldest.get(shown.id, (-OLDEST_KEPT_S, None))
        if oldest is None or now - read_at >= OLDEST_KEPT_S:
            oldest = self._readings.oldest_s(shown)
            self._oldest[shown.id] = now, oldest
        return None if oldest is None else (min(oldest, newest), newest)


@dataclass(frozen=True, slots=True)
class Many:
    """A set that a path leads to: its entities, or for Observations the series they are of."""

    kind: Kind
    entities: Sequence[Entity] = ()
    series: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Value:
    """A property that a path leads to."""

    name: str
    value: object


Target = Many | Entity | Value


@dataclass(slots=True)
class Service:
    """One request's way through the world."""

    world: World
    readings: Readings
    links: Links
    now_s: float
    _lens: Lens = field(init=False)
    _observations: Observations = field(init=False)
    _budget: Budget = field(init=False)
    _ready: dict[tuple[Kind, int, int], dict[str, object]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._lens = Lens(self.world, self.now_s)
        self._observations = Observations(self.readings, self._lens)
        refusal = f"$expand would fill in more than {MOST_ENTITIES} entities: lower $top, or expand less"
        self._budget = Budget(MOST_ENTITIES, refusal)

    def resolve(self, resource: Resource) -> Target:
        """What a path leads to. Raises NotThere where a step leads nowhere."""
        first, *others = resource.steps
        kind = v11.SETS.get(first.name)
        if kind is None:
            raise NotThere(f"there is no set {first.name!r}; there are {', '.join(v11.SETS)}")
        at: Target = self._pick(self._whole(kind), first)
        for number, step in enumerate(others):
            if isinstance(at, Many):
                raise NotThere(f"{step.name!r} cannot follow a whole set: choose one by its id")
            if isinstance(at, Value) or step.name not in v11.NAVIGATION[at.kind]:
                return self._value(at, others[number:])
            at = self._pick(self._follow(at, step.name), step)
        return at

    def _whole(self, kind: Kind) -> Many:
        if kind is Kind.OBSERVATION:
            return Many(kind, series=tuple(self.world.view.shown))
        return Many(kind, list(self.world.all(kind).values()))

    def _follow(self, entity: Entity, name: str) -> Many | Entity:
        navigation = v11.NAVIGATION[entity.kind][name]
        if navigation.kind is Kind.OBSERVATION:
            return Many(Kind.OBSERVATION, series=entity.series)
        related = self.world.related(entity, navigation.relation, navigation.kind)
        if navigation.many:
            return Many(navigation.kind, related)
        if not related:
            raise NotThere(f"this {entity.kind.value} has no {name}")
        return related[0]

    def _pick(self, found: Many | Entity, step: Step) -> Many | Entity:
        if step.id is None:
            return found
        if isinstance(found, Entity):
            raise Malformed(f"{step.name} leads to one entity: it takes no id")
        entity = next((e for e in found.entities if e.id == step.id), None)
        if found.kind is Kind.OBSERVATION and 0 < step.id < 1 << 53:
            entity = self._observations.one(step.id, self._shown(found))
        if entity is None:
            raise NotThere(f"there is no {step.name}({step.id}) here")
        return entity

    def _value(self, entity: Entity | Value, steps: Sequence[Step]) -> Value:
        if isinstance(entity, Value) or any(s.id is not None for s in steps):
            raise NotThere("this path leads nowhere")
        name = steps[0].name
        if name not in v11.PROPERTIES[entity.kind] and name not in v11.ID_NAMES:
            raise NotThere(v11.unknown(entity.kind, name))
        value = v11.value_of(entity, name)
        for step in steps[1:]:
            if not isinstance(value, dict) or step.name not in value:
                raise NotThere(f"{name} has no part {step.name!r}")
            name, value = step.name, value[step.name]
        return Value(name, plain(value))

    def _shown(self, many: Many) -> list[Shown]:
        return [self.world.view.shown[s] for s in many.series if s in self.world.view.shown]

    def tell(self, target: Many | Entity, options: Options, path: str) -> dict[str, object]:
        """The JSON of what a path leads to, by its options."""
        self._check(target.kind, options)
        if isinstance(target, Many):
            value, count, following = self._page(target, options, path)
            head = {} if count is None else {"@iot.count": count}
            tail = {} if following is None else {"@iot.nextLink": following}
            return {**head, "value": value, **tail}
        wrong = [n for n, _ in options.written if n not in {"$select", "$expand"}]
        if wrong:
            raise Malformed(f"{wrong[0]} asks for several entities, and this is one")
        return self.entity(target, options)

    def references(self, target: Target, options: Options, path: str) -> dict[str, object]:
        """The links alone, for `$ref`."""
        if isinstance(target, Value):
            raise NotThere("$ref follows entities, not properties")
        if isinstance(target, Entity):
            return {"@iot.selfLink": self._self_link(target)}
        bare = Options(
            options.filter,
            options.count,
            options.order,
            options.skip,
            options.top,
            ("@iot.selfLink",),
            (),
            options.token,
            options.written,
        )
        return self.tell(target, bare, path)

    def _page(self, many: Many, options: Options, path: str) -> tuple[list[dict[str, object]], int | None, str | None]:
        """Entities as JSON, their count where it was asked, and the link to the next page."""
        if many.kind is Kind.OBSERVATION:
            scope = self._shown(many)
            count = self._observations.count(scope, options) if options.count else None
            page = self._observations.page(scope, options)
            entities, following = page.entities, page.following
        else:
            entities, count, following = self._select(many.entities, options)
        self._budget.take(len(entities))
        told = [self.entity(e, options) for e in entities]
        link = None if following is None else self.links.to(path, next_query(options, **{following[0]: following[1]}))
        return told, count if options.count else None, link

    def _select(self, entities: Sequence[Entity], options: Options) -> tuple[list[Entity], int, tuple[str, str] | None]:
        tree = options.filter
        found = [e for e in entities if tree is None or passes(tree, e, self._lens)]
        ordered = sorted_by(found, options.order, lambda entity, path: worth(path, entity, self._lens))
        end = options.skip + options.top
        more = len(ordered) > end and options.top > 0
        return ordered[options.skip : end], len(found), ("skip", str(end)) if more else None

    def _check(self, kind: Kind, options: Options) -> None:
        """Afterwards every name in the options and in what they expand is one that its kind has; nothing was read."""
        for name in options.select:
            if name != "@iot.selfLink" and not v11.knows(kind, name):
                raise Malformed(v11.unknown(kind, name))
        if options.filter is not None:
            check(options.filter, kind)
        for key in options.order:
            check(key.path, kind)
        if options.token is not None and kind is not Kind.OBSERVATION:
            raise Malformed("$skiptoken belongs to the nextLink of Observations")
        for expand in options.expand:
            found = v11.NAVIGATION[kind].get(expand.name)
            if found is None:
                raise Malformed(v11.unknown(kind, expand.name))
            self._check(found.kind, expand.options)

    def entity(self, entity: Entity, options: Options) -> dict[str, object]:
        """One entity as JSON: id, links, properties, and what `$expand` fills in."""
        wanted = options.select
        told: dict[str, object] = {}
        if not wanted or not set(wanted).isdisjoint(v11.ID_NAMES):
            told["@iot.id"] = entity.id
        if not wanted or "@iot.selfLink" in wanted:
            told["@iot.selfLink"] = self._self_link(entity)
        for name, read in v11.PROPERTIES[entity.kind].items():
            if not wanted or name in wanted:
                told[name] = plain(read(entity))
        expands = {e.name: e for e in options.expand}
        for name in v11.NAVIGATION[entity.kind]:
            if name in expands:
                told.update(self._expanded(entity, expands[name]))
            elif not wanted or name in wanted:
                told[f"{name}@iot.navigationLink"] = self.links.to(f"{_own_path(entity)}/{name}")
        return told

    def _expanded(self, entity: Entity, expand: Expand) -> dict[str, object]:
        navigation = v11.NAVIGATION[entity.kind][expand.name]
        if not navigation.many:
            related = self.world.related(entity, navigation.relation, navigation.kind)
            return {expand.name: self._once(related[0], expand.options) if related else None}
        many = self._follow(entity, expand.name)
        if not isinstance(many, Many):
            raise NotOffered(f"{expand.name} cannot be expanded")
        value, count, following = self._page(many, expand.options, f"{_own_path(entity)}/{expand.name}")
        told: dict[str, object] = {expand.name: value}
        if count is not None:
            told[f"{expand.name}@iot.count"] = count
        if following is not None:
            told[f"{expand.name}@iot.nextLink"] = following
        return told

    def _once(self, entity: Entity, options: Options) -> dict[str, object]:
        """The JSON of an entity that many others lead to, made once a request."""
        name = (entity.kind, entity.id, id(options))
        if name not in self._ready:
            self._ready[name] = self.tell(entity, options, "")
        return self._ready[name]

    def _self_link(self, entity: Entity) -> str:
        return self.links.to(_own_path(entity))


def _own_path(entity: Entity) -> str:
    return f"/{v11.VERSION}/{v11.SET_OF[entity.kind]}({entity.id})"


def plain(value: object) -> object:
    """A value as JSON has it: times as text."""
    return str(value) if isinstance(value, Instant | Interval) else value
