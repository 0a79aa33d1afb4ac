"""The command that writes a project's facts table."""

from __future__ import annotations

from pathlib import Path

import pytest

from harmpath.records import Store, load_facts
from harmpath.vulnerabilities import Product, match
from harmpath.vulnerabilities.extract import main


def test_extracted_facts_give_the_same_matches_as_the_store(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "facts" / "vulnerabilities.json"
    asked = ["--name", "BlueZ@5.50", "Medtronic/MiniMed 508", "--cve", "CVE-2014-0160", "CVE-2099-0001"]
    assert main(["--store", str(store.path), *asked, "--conditional", "-o", str(output)]) == 0
    told = capsys.readouterr().out
    assert "+ CVE-2019-10964 alias" in told and "- CVE-2099-0001: not held" in told
    facts = load_facts(output)
    products = [Product("BlueZ", "5.50"), Product("MiniMed 508", vendor="Medtronic")]
    assert match(products, facts).matches == match(products, store).matches
    assert facts.get("CVE-2014-0160") is not None


def test_limit_keeps_the_exploited_ones(store: Store, tmp_path: Path) -> None:
    output = tmp_path / "facts.json"
    openssl = "cpe:2.3:a:openssl:openssl:1.0.1:*:*:*:*:*:*:*"
    assert main(["--store", str(store.path), "--cpe", openssl, "--limit", "5", "-o", str(output)]) == 0
    kept = {m.cve for m in match([Product("OpenSSL", cpe=openssl)], load_facts(output)).matches}
    everything = [m.cve for m in match([Product("OpenSSL", cpe=openssl)], store).matches if not m.condition]
    assert len(everything) > 5 and kept <= set(everything) and len(kept) == 5
    exploited = {c for c in everything if store.signals(c)[0]}
    assert exploited and len(exploited & kept) == min(5, len(exploited))


def test_what_is_not_found_is_said(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    main(["--store", str(store.path), "--name", "no such thing@1"])
    assert "- no such thing: no vulnerability held names a product" in capsys.readouterr().out
