"""Certificate policies over a path (RFC 5280 6.1, with the graph of RFC 9618).

The tree of RFC 5280 can grow with the power of the path's length; the graph has at
most one node per policy and certificate, so the work is linear in what the
certificates say.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from cryptography.x509 import ObjectIdentifier

ANY_POLICY = ObjectIdentifier("2.5.29.32.0")

MOST_STATEMENTS = 256
"""Most policies, and most mappings, that one certificate may state."""

PolicyId = ObjectIdentifier


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyInputs:
    """What the one who judges demands of policies (6.1.1 (c) to (g)).

    Args:
        acceptable: policies of which one must be valid; None: any.
        explicit_required: some policy must be valid.
        mapping_inhibited: policies of other domains count for nothing.
        any_inhibited: anyPolicy in certificates counts for nothing.
    """

    acceptable: frozenset[PolicyId] | None = None
    explicit_required: bool = False
    mapping_inhibited: bool = False
    any_inhibited: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyStatement:
    """What one certificate says of policies.

    Args:
        policies: those it names; None if it has no such extension.
        mappings: pairs of the issuer's policy and the subject's (4.2.1.5).
        explicit_after: certificates after which a policy must be valid (4.2.1.11).
        mapping_until: certificates after which mapping ends (4.2.1.11).
        any_until: certificates after which anyPolicy ends (4.2.1.14).
        is_self_issued: it does not count among those certificates.
    """

    policies: frozenset[PolicyId] | None = None
    mappings: tuple[tuple[PolicyId, PolicyId], ...] = ()
    explicit_after: int | None = None
    mapping_until: int | None = None
    any_until: int | None = None
    is_self_issued: bool = False


@dataclass(slots=True, eq=False)
class _Node:
    """A policy valid at one depth, the policies of the next that count as it."""

    policy: PolicyId
    expected: set[PolicyId]
    parents: list["_Node"]
    children: int = 0

    @property
    def begins_a_domain(self) -> bool:
        """Whether this is the policy in the terms of the one who judges."""
        return self.policy != ANY_POLICY and any(
            one.policy == ANY_POLICY for one in self.parents
        )


_Level = dict[PolicyId, _Node]


@dataclass(slots=True)
class _Graph:
    """The nodes by depth; no level at all once nothing is valid any more."""

    levels: list[_Level] = field(
        default_factory=lambda: [{ANY_POLICY: _Node(ANY_POLICY, {ANY_POLICY}, [])}]
    )

    @property
    def is_empty(self) -> bool:
        return not self.levels

    def clear(self) -> None:
        self.levels.clear()

    def add_level(self, policies: frozenset[PolicyId], *, any_counts: bool) -> None:
        """Add what a certificate names, as far as it was expected (6.1.3 (d))."""
        expecting = _expecting(self.levels[-1])
        any_node = self.levels[-1].get(ANY_POLICY)
        level: _Level = {}
        for policy in policies - {ANY_POLICY}:
            parents = expecting.get(policy) or ([any_node] if any_node else [])
            if parents:
                level[policy] = _child(policy, parents)
        if ANY_POLICY in policies and any_counts:
            for policy, parents in expecting.items():
                if policy not in level:
                    level[policy] = _child(policy, parents)
        self.levels.append(level)
        self._prune()

    def map(self, mappings: Mapping[PolicyId, set[PolicyId]]) -> None:
        """Let policies of the next domain count as those of this one (6.1.4 (b))."""
        level = self.levels[-1]
        any_node = level.get(ANY_POLICY)
        for policy, counting in mappings.items():
            if policy not in level and any_node is not None:
                level[policy] = _child(policy, any_node.parents)
            if policy in level:
                level[policy].expected = counting

    def remove(self, policies: Iterable[PolicyId]) -> None:
        """Take policies out of the last level (6.1.4 (b) (2))."""
        for policy in policies:
            node = self.levels[-1].pop(policy, None)
            for parent in node.parents if node else ():
                parent.children -= 1
        self._prune()

    def holds_one_of(self, acceptable: frozenset[PolicyId] | None) -> bool:
        """Tell whether an acceptable policy is valid (6.1.5 (g))."""
        if self.is_empty:
            return False
        if acceptable is None or ANY_POLICY in self.levels[-1]:
            return acceptable != frozenset()
        nodes = (node for level in self.levels for node in level.values())
        return any(one.begins_a_domain and one.policy in acceptable for one in nodes)

    def _prune(self) -> None:
        """Take out what leads to nothing (6.1.3 (d) (3))."""
        for level in reversed(self.levels[:-1]):
            barren = [one for one in level.values() if not one.children]
            for node in barren:
                del level[node.policy]
                for parent in node.parents:
                    parent.children -= 1
        if not self.levels[-1]:
            self.clear()


def policies_hold(path: Sequence[PolicyStatement], inputs: PolicyInputs) -> bool:
    """Tell whether the policies of a path are valid.

    Args:
        path: anchor first, end certificate last. Of the anchor only its constraints
            count, as inputs.
        inputs: what is demanded.
    """
    if not all(map(_is_small, path)):
        return False
    judge = _Judge.begin(path[0], inputs, len(path))
    *authorities, leaf = path[1:]
    for one in authorities:
        if not judge.take(one, is_last=False) or not judge.prepare(one):
            return False
    if not judge.take(leaf, is_last=True):
        return False
    return judge.finish(leaf, inputs)


@dataclass(slots=True)
class _Judge:
    """The state variables of RFC 5280 6.1.2 (a), (d), (e), (f)."""

    graph: _Graph
    explicit_policy: int
    inhibit_any: int
    policy_mapping: int

    @classmethod
    def begin(
        cls, anchor: PolicyStatement, inputs: PolicyInputs, length: int
    ) -> "_Judge":
        judge = cls(
            graph=_Graph(),
            explicit_policy=0 if inputs.explicit_required else length,
            inhibit_any=0 if inputs.any_inhibited else length,
            policy_mapping=0 if inputs.mapping_inhibited else length,
        )
        judge.constrain(anchor)
        return judge

    def take(self, one: PolicyStatement, *, is_last: bool) -> bool:
        """Process one certificate (6.1.3 (d) to (f))."""
        if one.policies is None:
            self.graph.clear()
        elif not self.graph.is_empty:
            exempt = one.is_self_issued and not is_last
            self.graph.add_level(
                one.policies, any_counts=self.inhibit_any > 0 or exempt
            )
        return self.explicit_policy > 0 or not self.graph.is_empty

    def prepare(self, one: PolicyStatement) -> bool:
        """Prepare for the next certificate (6.1.4 (a), (b), (h) to (j))."""
        mappings: dict[PolicyId, set[PolicyId]] = {}
        for own, counting in one.mappings:
            if ANY_POLICY in {own, counting}:
                return False
            mappings.setdefault(own, set()).add(counting)
        if mappings and not self.graph.is_empty:
            if self.policy_mapping > 0:
                self.graph.map(mappings)
            else:
                self.graph.remove(mappings)
        if not one.is_self_issued:
            self.explicit_policy = max(0, self.explicit_policy - 1)
            self.policy_mapping = max(0, self.policy_mapping - 1)
            self.inhibit_any = max(0, self.inhibit_any - 1)
        self.constrain(one)
        return True

    def constrain(self, one: PolicyStatement) -> None:
        """Take over what a CA demands of all below it (6.1.4 (i), (j))."""
        self.explicit_policy = _less(self.explicit_policy, one.explicit_after)
        self.policy_mapping = _less(self.policy_mapping, one.mapping_until)
        self.inhibit_any = _less(self.inhibit_any, one.any_until)

    def finish(self, leaf: PolicyStatement, inputs: PolicyInputs) -> bool:
        """Wrap up (6.1.5 (a), (b), (g))."""
        left = max(0, self.explicit_policy - 1)
        if leaf.explicit_after == 0:
            left = 0
        return left > 0 or self.graph.holds_one_of(inputs.acceptable)


def _is_small(one: PolicyStatement) -> bool:
    return max(len(one.policies or ()), len(one.mappings)) <= MOST_STATEMENTS


def _expecting(level: _Level) -> dict[PolicyId, list[_Node]]:
    found: dict[PolicyId, list[_Node]] = {}
    for node in level.values():
        for policy in node.expected:
            found.setdefault(policy, []).append(node)
    return found


def _child(policy: PolicyId, parents: list[_Node]) -> _Node:
    for one in parents:
        one.children += 1
    return _Node(policy, {policy}, list(parents))


def _less(own: int, stated: int | None) -> int:
    return own if stated is None else min(own, stated)
