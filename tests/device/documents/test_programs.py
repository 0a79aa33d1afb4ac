"""Programs, and the versions behind names, as documents write them."""

from __future__ import annotations

import pytest

from harmpath.device.documents import Document, Technology, extract


def found(text: str) -> dict[str, Technology]:
    """The technologies of a text by name."""
    return {technology.name: technology for technology in extract(Document(text)).technologies}


@pytest.mark.parametrize(
    ("text", "name", "version"),
    [
        ("The workstation runs on Windows:XP,SP3 only.", "Windows XP", "XP SP3"),
        ("It runs on Windows XP Professional with Service Pack 2.", "Windows XP", "XP SP2"),
        ("It runs on Microsoft Windows 98SE.", "Windows 98 SE", "98 SE"),
        ("The app supports iOS 9, 10, and 11.", "iOS", "9; 10; 11"),
        ("Compatible with iOS version8.0,9.0,10.0Android4.2,5.0.", "Android", "4.2; 5.0"),
        ("Compatible with iOS version 10.3.2and above.", "iOS", "10.3.2 and above"),
        ("Requires Android version 4.0 (ice cream sandwich) or higher.", "Android", "4.0 or higher"),
        ("View it in Internet Explorer 7.0 and8.0.", "Internet Explorer", "7.0; 8.0"),
        ("The meter uses Bluetooth wireless technology version 4.0 or higher.", "Bluetooth", "4.0 or higher"),
        ("Run on the instrument with GeneXpert Dx software version 4.4a.", "GeneXpert Dx software", "4.4a"),
        ("Data come from Precision Link (V.2.5 or higher).", "Precision Link", "2.5 or higher"),
        ("Tested on Mac OS X Snow Leopard.", "macOS", "Snow Leopard"),
    ],
)
def test_versions_as_they_are_written(text: str, name: str, version: str) -> None:
    assert found(text)[name].version == version


def test_a_number_that_counts_something_else_is_no_version() -> None:
    assert found("The app was used on iOS 12 and 3 users were trained.")["iOS"].version == "12"


def test_a_program_is_told_by_its_introduction_wherever_it_is_named() -> None:
    text = "Remote features are an optional service tool called ProDx. The customer enables ProDx."
    assert len(found(text)["ProDx"].mentions) == 2


def test_the_device_introduced_under_its_own_name_is_no_program() -> None:
    assert found("Device Name: Acmeter 3 System\n\nThe software is called Acmeter 3.") == {}


@pytest.mark.parametrize(
    ("text", "name", "version"),
    [
        ("Data were processed with Trace Reduction Tool version 3.1.1.0.", "Trace Reduction Tool", "3.1.1.0"),
        (
            'It holds the X9 "Robin" Transmitter Firmware (SW11818 version 2.18.2).',
            "X9 Robin Transmitter Firmware",
            "2.18.2",
        ),
        ("The host is Acme Health (AH) Level 2 Appversion 3.0.0.", "Acme Health (AH) Level 2 App", "3.0.0"),
        ("Software versions: MOS v1.0.27; RTX v1.16.18; and others.", "RTX", "1.16.18"),
    ],
)
def test_a_program_is_told_by_its_version(text: str, name: str, version: str) -> None:
    assert found(text)[name].version == version


def test_an_app_named_after_the_predicate_is_the_predicates() -> None:
    text = (
        "Device Name: Acmeter 3 System\n\nPredicate Device: Acmeter 2 System (K201761)\n\n"
        "The design of the Acmeter 3 App is based on the Acmeter 2 App."
    )
    roles = {name: technology.role for name, technology in found(text).items()}
    assert roles == {"Acmeter 3 App": "subject", "Acmeter 2 App": "predicate"}


def test_meters_that_differ_by_a_word_are_several() -> None:
    text = "Upload data from FreeStyle Freedom, FreeStyle Flash and FreeStyle Freedom Lite meters connected by USB."
    assert {"FreeStyle Freedom", "FreeStyle Flash", "FreeStyle Freedom Lite"} <= set(found(text))


def test_strips_of_a_meter_are_no_device() -> None:
    assert "FreeStyle Precision Neo" not in found("It works with FreeStyle Precision Neo Blood Glucose test strips.")


def test_an_abbreviation_with_a_meaning_of_its_own_is_not_the_technology() -> None:
    assert found("Colorectal cancer (CRC) patients. Data on the bit error of CRC were checked.") == {}
    assert "CRC" in found("Each message has a cyclic redundancy check (CRC) against data errors.")


def test_a_bare_name_beside_its_models_is_none_of_them_but_one_in_their_list_is() -> None:
    assert set(found("Runs on Windows 7 or Windows 10. A Windows computer is needed.")) == {"Windows 7", "Windows 10"}
    assert {"Google Pixel", "Google Pixel 2"} <= set(found("Phones: Google Pixel, Google Pixel 2, LG G5."))
