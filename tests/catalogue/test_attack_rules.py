"""Every shipped rule fires on a device made from its own conditions, and is silent when one of them is taken away.

The device is made condition by condition; that it says what the rule asks is decided by the independent checker.
"""

from __future__ import annotations

import copy
import json
import lzma
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from harmpath.attackpaths.grounding import ground
from harmpath.attackpaths.relations import relations_of
from harmpath.attackpaths.replay import condition_holds
from harmpath.attackpaths.vulnerability import KnownVulnerability
from harmpath.catalogue import vocabulary
from harmpath.catalogue.atoms import CAPABILITIES, RELATIONS, Atom
from harmpath.catalogue.controls import security_controls
from harmpath.catalogue.loading import load_entries
from harmpath.catalogue.rules import AttackRule, attack_rules
from harmpath.device import vocabulary as device_words
from harmpath.device.goals import GoalKind
from harmpath.device.model import Device
from harmpath.errors import InputError
from harmpath.evidence import RecordEvidence

RULES = attack_rules()
IDS = [r.id for r in RULES]
STRONG_COMPONENT = dict.fromkeys(
    (
        "authentication",
        "authorization",
        "code_integrity",
        "data_integrity",
        "confidentiality",
        "input_validation",
        "physical",
    ),
    "strong",
)
STRONG_CHANNEL = dict.fromkeys(("authentication", "encryption", "integrity", "replay_protection"), "strong")


class Maker:
    """Builds the smallest device in which a rule's conditions hold; ``without`` leaves one condition out."""

    def __init__(self, rule: AttackRule, without: Atom | None = None) -> None:
        self.rule = rule
        self.parts: dict[str, dict[str, dict[str, Any]]] = {}
        self.vulnerabilities: list[KnownVulnerability] = []
        self.binding = {v: f"x-{v.lower()}" for v in rule.sorts}
        for variable, sort in sorted(rule.sorts.items()):
            words = sorted(s[1:] for s in sort if s.startswith("="))
            if words:
                on_channels = any("component" not in rule.sorts[v] for a in rule.licences for v in a.variables[:1])
                gain = "modify" if on_channels else "execute"
                self.binding[variable] = gain if gain in words else "jtag" if "jtag" in words else words[0]
            else:
                self._element(sorted(sort, key=lambda s: s != "component")[0], self.binding[variable])
        conditions = [a for a in rule.when if a is not without]
        for atom in conditions:
            getattr(self, "_" + atom.predicate.replace("-", "_"))(*[self._value(a) for a in atom.arguments])

    def _value(self, argument: str | frozenset[str]) -> str:
        return self.binding[argument] if isinstance(argument, str) else min(argument)

    def _element(self, kind: str, name: str) -> dict[str, Any]:
        default: dict[str, dict[str, Any]] = {
            "component": {
                "kind": "actuator",
                "physical_access": "locked",
                "protections": dict(STRONG_COMPONENT),
                "update": {"authenticity": "strong"},
                "owner": "user",
            },
            "channel": {
                "from": "x-other",
                "to": "x-another",
                "medium": "in-process",
                "protections": dict(STRONG_CHANNEL),
            },
            "signal": {"via": [], "feeds": []},
            "ml-engine": {
                "component": "x-other",
                "task": "other",
                "inputs": [],
                "outputs": [],
                "training": {"data_integrity": "strong"},
            },
            "control-action": {"from": "x-other", "to": "x-other", "via": [], "outputs": []},
            "model-output": {},
        }
        return self.parts.setdefault(kind, {}).setdefault(name, {"id": name} | copy.deepcopy(default[kind]))

    def component(self, name: str) -> dict[str, Any]:
        return self._element("component", name)

    def channel(self, name: str) -> dict[str, Any]:
        return self._element("channel", name)

    # one method per relation: make it hold
    def _machine(self, c: str) -> None:
        self.component(c)

    def _kind(self, c: str, word: str) -> None:
        self.component(c)["kind"] = word

    def _owner(self, c: str, word: str) -> None:
        self.component(c)["owner"] = word

    def _zone(self, c: str, word: str) -> None:
        self.component(c)["zone"] = f"z-{word}"

    def _access(self, c: str, word: str) -> None:
        self.component(c)["physical_access"] = word

    def _hosted(self, c: str, host: str) -> None:
        self.component(c)["host"] = host

    _platform = _hosted

    def _interface(self, c: str, port: str) -> None:
        self.component(c)["interfaces"] = [{"id": "x-port", "kind": port}]

    def _debug_port(self, port: str) -> None:
        if not self.component("x-b").get("interfaces"):
            self._interface("x-b", port)

    def _third_party_technology(self, c: str) -> None:
        self.component(c)["technologies"] = [{"name": "t"}]

    def _channel(self, c: str) -> None:
        self.parts.get("component", {}).pop(c, None)
        self.channel(c)

    def _medium(self, c: str, word: str) -> None:
        self.channel(c)["medium"] = word

    def _machine_medium(self, c: str) -> None:
        if self.channel(c)["medium"] not in vocabulary.MACHINE_MEDIA:
            self.channel(c)["medium"] = "serial"

    def _end(self, channel: str, c: str) -> None:
        if c not in (self.channel(channel)["from"], self.channel(channel)["to"]):
            self.channel(channel)["to"] = c

    def _sends(self, c: str, channel: str) -> None:
        self.channel(channel)["from"] = c

    def _receives(self, c: str, channel: str) -> None:
        self.channel(channel)["to"] = c

    def _originates(self, c: str, channel: str) -> None:
        self.channel(channel)["from"] = c

    def _forwards(self, c: str, channel: str) -> None:
        self.channel(channel)["from"] = c
        self._element("signal", "x-forwarded").update({"source": "x-elsewhere", "via": [channel]})

    def _link(self, a: str, b: str, channel: str) -> None:
        self.channel(channel).update({"from": a, "to": b})

    def _weak(self, element: str, protection: str) -> None:
        if protection == "update_authenticity":
            holder = self.parts.get("ml-engine", {}).get(element) or self.component(element)
            holder.setdefault("update", {})["authenticity"] = "none"
        elif protection == "training_integrity":
            self._element("ml-engine", element)["training"]["data_integrity"] = "none"
        else:
            kind = "channel" if element in self.parts.get("channel", {}) else "component"
            self._element(kind, element)["protections"][protection] = "none"

    def _vulnerable(self, element: str, position: str, privileges: str, interaction: str, gain: str) -> None:
        self.vulnerabilities.append(
            KnownVulnerability("CVE-1", element, position, privileges, interaction, gains=(gain,),  # type: ignore[arg-type]
                               evidence=(RecordEvidence("nvd", "CVE-1"),))
        )  # fmt: skip

    def _carries(self, channel: str, signal: str) -> None:
        self._element("signal", signal)["via"] = [channel]

    def _source(self, signal: str, c: str) -> None:
        self._element("signal", signal)["source"] = c

    _unrouted = _source

    def _uses(self, c: str, signal: str) -> None:
        self._element("signal", signal)["feeds"] = ["x-feature"]
        engine = self._element("ml-engine", "x-engine-of-signal")
        engine.update({"component": c, "inputs": [{"id": "x-feature"}]})

    _relies = _uses

    def _updatable(self, c: str) -> None:
        self.component(c).setdefault("update", {"authenticity": "strong"})

    def _updates_over(self, c: str, channel: str) -> None:
        self.component(c).setdefault("update", {"authenticity": "strong"})["via"] = [channel]

    def _updates_from(self, c: str, source: str) -> None:
        self.component(c).setdefault("update", {"authenticity": "strong"})["source"] = source

    def _engine(self, engine: str, c: str) -> None:
        self._element("ml-engine", engine)["component"] = c

    def _engine_updates_over(self, engine: str, channel: str) -> None:
        self._element("ml-engine", engine).setdefault("update", {"authenticity": "strong"})["via"] = [channel]

    def _engine_updates_from(self, engine: str, c: str) -> None:
        self._element("ml-engine", engine).setdefault("update", {"authenticity": "strong"})["source"] = c

    def _trains_over(self, engine: str, channel: str) -> None:
        self._element("ml-engine", engine)["training"]["via"] = [channel]

    def _trains_at(self, engine: str, c: str) -> None:
        self._element("ml-engine", engine)["training"]["component"] = c

    def _trained_on_outside_data(self, engine: str) -> None:
        self._element("ml-engine", engine)

    def _output_of(self, output: str, engine: str) -> None:
        self._element("ml-engine", engine)["outputs"] = [{"id": output}]

    def _output_over(self, output: str, channel: str) -> None:
        self._element("control-action", "x-action-of-output").update({"via": [channel], "outputs": [output]})
        self._element("ml-engine", "x-engine-of-output")["outputs"] = [{"id": output}]

    def _action_over(self, action: str, channel: str) -> None:
        self._element("control-action", action)["via"] = [channel]

    def _action_from(self, action: str, c: str) -> None:
        self._element("control-action", action)["from"] = c

    _action_unrouted = _action_from

    def _action_to(self, action: str, c: str) -> None:
        self._element("control-action", action)["to"] = c

    def _action_kind(self, action: str, word: str) -> None:
        self._element("control-action", action)["kind"] = word

    def device(self) -> Device:
        of = {kind: list(elements.values()) for kind, elements in self.parts.items()}
        return Device.model_validate(
            {
                "harmpath": "1",
                "device": {"name": "d", "manufacturer": "m", "intended_use": "u", "software": "SiMD"},
                "losses": [], "hazards": [],
                "zones": [{"id": f"z-{k}", "kind": k} for k in vocabulary.ZONES if k != "unknown"],
                "components": of.get("component", []), "channels": of.get("channel", []),
                "signals": of.get("signal", []), "ml_engines": of.get("ml-engine", []),
                "control_actions": of.get("control-action", []),
            }
        )  # fmt: skip


def holds(rule: AttackRule, maker: Maker, device: Device) -> bool:
    return all(condition_holds(a, maker.binding, device, maker.vulnerabilities) for a in rule.when)


def fires(rule: AttackRule, maker: Maker, device: Device) -> bool:
    """Whether the engine derives exactly what the rule promises for the binding."""
    elements = {
        "component": list(device.component), "channel": list(device.channel), "signal": list(device.signal),
        "ml-engine": [e.id for e in device.ml_engines], "model-output": list(device.output),
        "control-action": [a.id for a in device.control_actions],
    }  # fmt: skip
    grounding = ground([rule], relations_of(device, maker.vulnerabilities), elements, lambda r, b: 1)
    promised = {(maker.binding.get(a.predicate, a.predicate), maker.binding[str(a.arguments[0])]) for a in rule.gains}
    needed = {(a.predicate, maker._value(a.arguments[0])) for a in rule.given}
    graph = grounding.graph
    steps = [s for s in range(len(graph.head)) if {graph.facts[f] for f in graph.body[s]} == needed]
    return promised <= {graph.facts[graph.head[s]] for s in steps}


@pytest.mark.parametrize("rule", RULES, ids=IDS)
def test_the_rule_fires_where_its_conditions_hold(rule: AttackRule) -> None:
    maker = Maker(rule)
    device = maker.device()
    assert holds(rule, maker, device), "the made device says what the rule asks"
    assert fires(rule, maker, device)


@pytest.mark.parametrize("rule", [r for r in RULES if r.when], ids=[r.id for r in RULES if r.when])
def test_the_rule_is_silent_where_a_condition_is_missing(rule: AttackRule) -> None:
    tried = 0
    for atom in rule.when:
        maker = Maker(rule, without=atom)
        device = maker.device()
        if not holds(rule, maker, device):
            tried += 1
            assert not fires(rule, maker, device), f"without {atom}"
    assert tried, "at least one condition decides"
    assert all(not fires(rule, m, m.device()) for m in [Maker(rule, without=a) for a in rule.licences]), (
        "no step without its licence"
    )


def test_rules_without_conditions_need_their_capability() -> None:
    for rule in RULES:
        assert rule.given, rule.id
        assert not {str(a) for a in rule.given} & {str(a) for a in rule.gains}, rule.id


def test_every_capability_that_a_rule_needs_is_given_by_some_rule_or_is_a_position() -> None:
    given = {a.predicate for r in RULES for a in r.gains if not a.predicate.isupper()} | set(vocabulary.GAINS) | {"at"}
    assert {a.predicate for r in RULES for a in r.given} <= given
    assert set(vocabulary.GOALS) <= given
    assert {w for r in RULES for a in r.given if a.predicate == "at" for w in a.arguments[0]} == set(
        vocabulary.POSITIONS
    )


def test_the_words_are_those_of_the_device_format() -> None:
    from typing import get_args

    assert get_args(device_words.ComponentKind) == vocabulary.COMPONENT_KINDS
    assert get_args(device_words.Owner) == vocabulary.OWNERS
    assert set(vocabulary.ZONES) - {"unknown"} == set(get_args(device_words.ZoneKind))
    assert get_args(device_words.Medium) == vocabulary.MEDIA
    assert get_args(vocabulary.Access) == get_args(device_words.PhysicalAccess)
    assert get_args(vocabulary.Action) == get_args(device_words.ControlActionKind)
    assert get_args(GoalKind) == vocabulary.GOALS
    assert set(vocabulary.GOALS) <= set(CAPABILITIES) and not set(CAPABILITIES) & set(RELATIONS)


def test_sentences_say_what_is_gained_and_name_only_elements() -> None:
    for rule in RULES:
        assert rule.says.endswith(".") and 20 < len(rule.says) < 240, rule.id
        assert rule.ids.items(), f"{rule.id} names no technique or weakness"
        named = set(re.findall(r"\{([A-Z][A-Z0-9]*)\}", rule.says))
        assert set(rule.sorts) - rule.witnesses <= named, f"{rule.id} rests on what it does not name"
        assert bool(rule.inherent) != bool(rule.licences), rule.id


@pytest.fixture(scope="module")
def known_ids(shared_data: Path) -> set[str]:
    """Every id that the public catalogues define and have not withdrawn."""

    def text(name: str) -> str:
        return lzma.decompress((shared_data / name).read_bytes()).decode()

    def stix(name: str) -> list[dict[str, Any]]:
        return list(json.loads(text(name))["objects"])

    found: set[str] = set()
    for name in ("attack/ics-attack-18.1.stix21.json.xz", "capec/capec.merged.stix21.json.xz"):
        for thing in stix(name):
            withdrawn = thing.get("revoked") or thing.get("x_mitre_deprecated")
            withdrawn = withdrawn or thing.get("x_capec_status") in ("Deprecated", "Obsolete")
            if thing["type"] == "attack-pattern" and not withdrawn:
                found |= {str(r.get("external_id")) for r in thing["external_references"]}
    for thing in stix("nist_800_53/ctid_nist800-53-r5-controls.stix.json.xz"):
        if thing["type"] == "course-of-action":
            found.add(thing["external_references"][0]["external_id"])
    for name in ("threats.json", "mitigations_threat_mappings.json"):
        table = json.loads((shared_data / "emb3d" / name).read_text(encoding="utf-8"))
        found |= {entry["id"] for entry in next(iter(table.values()))}
    atlas = text("atlas/ATLAS-5.6.0.yaml.xz")
    found |= set(re.findall(r"^\s*-? ?id: (AML\.[TM]\d{4}(?:\.\d{3})?)$", atlas, re.MULTILINE))
    cwe = text("cwe/cwec_npm_cwe-sdk-1.1.19.xml.xz")
    entries = re.findall(r'<Weakness ID="(\d+)"[^>]*Status="(\w+)"', cwe)
    return found | {f"CWE-{number}" for number, status in entries if status != "Deprecated"}


@pytest.mark.shared
def test_every_id_exists_in_its_public_catalogue(known_ids: set[str]) -> None:
    named = {(r.id, i) for r in RULES for _, ids in r.ids.items() for i in ids}
    for control in security_controls():
        ids = control.ids
        named |= {(control.id, i) for i in (*ids.nist_800_53, *ids.emb3d, *ids.atlas)}
    assert len(named) > 300
    assert sorted((where, i) for where, i in named if i not in known_ids) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"when": ["medium(C, telepathy)"]}, "telepathy"),
        ({"when": ["flies(C)"]}, "'flies' in 'flies(C)' is unknown"),
        ({"when": ["medium(C)"]}, "needs 2 argument"),
        ({"when": ["medium C wifi"]}, "not written as predicate"),
        ({"when": ["medium(C, __import__)"]}, "neither a variable"),
        ({"when": ["medium(C, wifi)", "kind(C, sensor)"]}, "cannot be all"),
        ({"gains": ["inject(D)"]}, "variable D is not bound"),
        ({"says": "To {D}."}, "variable D is not bound"),
        ({"when": ["medium(C, wifi)", "weak(C, integrity)"]}, "not both"),
        ({"inherent": ""}, "not both, not none"),
        ({"metrics": None}, "give metrics"),
        ({"given": []}, "starts from a position"),
        ({"given": ["at(internet|insider)", "reach(C)"]}, "one word each"),
        ({"when": ["weak(C, integrity|encryption)"], "inherent": None}, "one word each"),
        ({"operations": ["replace"]}, "operations"),
        ({"ids": {"cwe": ["79"]}}, "pattern"),
        ({"colour": "red"}, "Extra inputs"),
    ],
)
def test_a_wrong_rule_is_refused_with_file_and_line(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    good = {
        "id": "r", "title": "t", "says": "The attacker sends on {C}.", "given": ["reach(C)"],
        "when": ["medium(C, wifi)"], "gains": ["inject(C)"], "inherent": "It is so.", "metrics": {"AV": "adjacent"},
    }  # fmt: skip
    (tmp_path / "good.yaml").write_text(yaml.safe_dump([good]), encoding="utf-8")
    assert load_entries(tmp_path, AttackRule)[0].id == "r"
    wrong = {k: v for k, v in (good | {"id": "w"} | change).items() if v is not None}
    (tmp_path / "wrong.yaml").write_text("# a comment\n" + yaml.safe_dump([wrong]), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_entries(tmp_path, AttackRule)
    assert said in str(caught.value) and "wrong.yaml:2" in str(caught.value)


def test_an_id_given_twice_is_refused(tmp_path: Path) -> None:
    entry = "- {id: r, title: t, says: 'C.', given: [reach(C)], gains: [drop(C)], inherent: x, metrics: {AV: local}}\n"
    (tmp_path / "a.yaml").write_text(entry * 2, encoding="utf-8")
    with pytest.raises(InputError, match="given twice"):
        load_entries(tmp_path, AttackRule)


def test_the_guide_to_writing_rules_names_every_relation_and_capability() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "how-to" / "add-an-attack-rule.md").read_text(encoding="utf-8")
    assert set(re.findall(r"`([a-z\-]+)\(", guide)) == set(RELATIONS) | set(CAPABILITIES)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- &a {id: r}\n- *a\n", "Anchors"),
        ("- !!python/object:os.system {id: r}\n", "tags"),
        ("- {id: r, id: s}\n", "'id' is given twice"),
        ("- {id: r\n", "Not valid YAML"),
        ("", "empty"),
        ("id: r\n", "list of entries"),
    ],
)
def test_a_file_that_is_no_catalogue_is_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "a.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_entries(tmp_path, AttackRule)
    assert said in str(caught.value) and "a.yaml" in str(caught.value)
