"""What small written texts say, and what must never be read into them."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harmpath.device.documents import Document, Technology, extract


def found(text: str, name: str = "") -> dict[str, Technology]:
    return {t.name: t for t in extract(Document(text, name=name)).technologies}


@pytest.mark.parametrize(
    ("text", "name", "category", "version"),
    [
        ("The meter uses BLE 4.2 to reach the phone.", "Bluetooth Low Energy", "wireless", "4.2"),
        ("The meter has Bluetooth 4.0 (Low energy).", "Bluetooth Low Energy", "wireless", "4.0"),
        ("The app runs on Android 8.0 or above.", "Android", "operating-system", "8.0 or above"),
        ("The app runs on iOS 13.x.", "iOS", "operating-system", "13.x"),
        ("It needs iOS operating systems (version 15 or higher).", "iOS", "operating-system", "15 or higher"),
        ("iPhone Operating System version 3.0 or higher is needed.", "iOS", "operating-system", "3.0 or higher"),
        ("The analyzer runs Microsoft Windows:XP,SP3.", "Windows XP", "operating-system", "XP SP3"),
        ("The software runs on Windows 10 IoT Enterprise.", "Windows 10 IoT Enterprise", "operating-system", "10"),
        ("It runs on Windows 10.", "Windows 10", "operating-system", "10"),
        ("Reports open in Microsoft Edge 90.", "Microsoft Edge", "software-product", "90"),
        ("The radio is Wi-Fi 802.11 a/b/g/n.", "Wi-Fi", "wireless", "802.11 a/b/g/n"),
        ("The app runs on a Google Pixel 4.", "Google Pixel 4", "hardware-platform", None),
        ("The server runs Windows Server 2012 R2.", "Windows Server 2012 R2", "operating-system", "2012 R2"),
        ("The instrument runs Ubuntu 18.04.", "Ubuntu", "operating-system", "18.04"),
        ("Results go to the LIS by HL7 v2.5 messages.", "HL7", "health-data-standard", "2.5"),
        ("The images are stored as DICOM files.", "DICOM", "health-data-standard", None),
        ("The link is encrypted with TLS 1.2.", "TLS", "security-mechanism", "1.2"),
        (
            "Data are stored in a Microsoft SQL Server 2014 Express database.",
            "Microsoft SQL Server",
            "database",
            "2014",
        ),
        ("The service is hosted by Amazon Web Services (AWS).", "Amazon Web Services (AWS)", "cloud-service", None),
        ("The firmware links OpenSSL 1.0.2.", "OpenSSL", "software-library", "1.0.2"),
        (
            "Lesions are found by a convolutional neural network.",
            "Convolutional neural network (CNN)",
            "ml-technique",
            None,
        ),
        ("Results can be copied to an SD card.", "SD card", "storage-medium", None),
        ("Samples are read by a bar-code scanner.", "Barcode reader", "peripheral-device", None),
        ("Data are exchanged as JSON.", "JSON", "web-technology", None),
        ("The host connection is an RS 232C port.", "RS-232", "wired-interface", None),
        ("The board carries an STM32F4 microcontroller.", "STM32", "hardware-platform", None),
        ("The network uses TCP/IP.", "TCP/IP", "network-protocol", None),
        ("The reports open in Mozilla Firefox 3.0.", "Mozilla Firefox", "software-product", "3.0"),
    ],
)
def test_a_technology_is_found_with_its_version(text: str, name: str, category: str, version: str | None) -> None:
    technology = found(text)[name]
    assert (technology.category, technology.version, technology.role) == (category, version, "subject")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("It has a Blue tooth module.", "Bluetooth"),
        ("It has a Blue-\ntooth module.", "Bluetooth"),
        ("Smartphones andBluetooth devices connect.", "Bluetooth"),
        ("The system has a LINUXoperating system.", "Linux"),
        ("NFC: 13.56 MHz RFIDBluetooth Low Energy", "Bluetooth Low Energy"),
        ("A barcodescanner reads the tube.", "Barcode reader"),
        ("The mountedbarcode reader reads the tube.", "Barcode reader"),
        ("connect to iOS device andAndroid device", "Android"),
        ("A meter with Blu etooth Low Energy.", "Bluetooth Low Energy"),
        ("Windows XPMac OS X Lion are supported.", "macOS"),
        ("The $3 . 5 \\mathrm { m m }$ audio jack carries the data.", "3.5 mm audio jack"),
        (
            "The FreeStyle$\\textsuperscript { \\textregistered }$ Libre 2 sensor transmits via BLE.",
            "FreeStyle Libre 2",
        ),
    ],
)
def test_broken_spacing_and_hyphens_do_not_hide_a_name(text: str, name: str) -> None:
    assert name in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "Tianjin Airport Economic Area",
        "TABLE 4: a capable and portable system",
        "a deoxynucleotide triphosphate (dNTP) is added",
        "forearm, upper arm, palm and thigh",
        "copies/mL based on digital PCR",
        "within a 150-minute window and a results window",
        "RF conductivity of the cells; RF is not opacity",
        "WBC# and NRBC# are reported",
        "The Cellular Analysis System counts cells.",
        "Comments according to POCT14-A and ASTM D4332.",
        "Please be advised that FDA's issuance of a substantial equivalence determination",
        "The 510(k) Premarket Notification Database located at https://www.accessdata.fda.gov/x.cfm",
        "Does the applicant's device transmit data to a computer, webserver, or mobile device?",
        "See https://www.bluetooth.com/android and mail linux@windows.org",
        "FDA Guidance: Radio Frequency Wireless Technology in Medical Devices (2013)",
        "AIM 7351731 Medical Electrical Equipment Electromagnetic Immunity Test for RFID Readers",
        "Product Code: JIL, JIO, CEN, JRE",
    ],
)
def test_words_that_look_like_technologies_are_left_alone(text: str) -> None:
    assert found(text) == {}


def test_negation_is_told_from_use() -> None:
    assert found("The device does not use Bluetooth.")["Bluetooth"].negated
    assert found("The meter has no USB port.")["USB"].negated
    assert found("The unit works without Wi-Fi.")["Wi-Fi"].negated
    assert found("Bluetooth is not supported.")["Bluetooth"].negated
    assert not found("The device uses Bluetooth.")["Bluetooth"].negated
    assert not found("The device uses not only USB but also Wi-Fi.")["Wi-Fi"].negated
    assert not found("Do not turn off Bluetooth on your phone.")["Bluetooth"].negated


def test_a_denial_and_a_use_is_a_use() -> None:
    technology = found("The old meter had no USB port. The meter transfers data over USB.")["USB"]
    assert not technology.negated
    assert len(technology.mentions) == 2


def test_roles_come_from_the_sentence() -> None:
    text = "While the predicate device is a web-based application, the subject device uses BLE."
    technologies = found(text)
    assert technologies["Web application"].role == "predicate"
    assert technologies["Bluetooth Low Energy"].role == "subject"
    assert (
        found("The system was upgraded from Fedora 17 Linux to Wind River LTS 18.")["Fedora Linux"].role == "predicate"
    )
    assert found("Coexistence testing used Wi-Fi sources nearby.")["Wi-Fi"].role == "test"


HTML_TABLE = (
    "<table><tr><td>Item</td><td>Subject device</td><td>Predicate device</td></tr>"
    "<tr><td>Data port</td><td>USB</td><td>RS-232</td></tr>"
    "<tr><td>Wireless</td><td>Same</td><td>BLE 4.0</td></tr>"
    "<tr><td>Barcode reader</td><td>No</td><td>Yes</td></tr>"
    "<tr><td>Wi-Fi</td><td>None</td><td>None</td></tr></table>"
)
PIPE_TABLE = (
    "| Item | Predicate device | Proposed device |\n|---|---|---|\n"
    "| Port | RS-232 | USB |\n| OS | Windows 7 | Windows 10 |\n"
)


def test_roles_come_from_the_columns_of_a_comparison_table() -> None:
    technologies = found(HTML_TABLE)
    assert technologies["USB"].role == "subject"
    assert technologies["RS-232"].role == "predicate"
    assert technologies["Bluetooth Low Energy"].role == "subject", "Same in the subject's column means it has it too"
    assert technologies["Barcode reader"].role == "predicate", "the label's technology, absent from the subject"
    assert technologies["Wi-Fi"].negated
    assert technologies["USB"].component == "Data port"
    piped = found(PIPE_TABLE)
    assert {name: t.role for name, t in piped.items()} == {
        "RS-232": "predicate",
        "USB": "subject",
        "Windows 7": "predicate",
        "Windows 10": "subject",
    }


def test_rowspan_and_colspan_keep_columns_in_place() -> None:
    text = (
        "<table><tr><td>Item</td><td>Device</td><td>Predicate</td></tr>"
        '<tr><td rowspan="2">Ports</td><td>USB</td><td>RS-232</td></tr>'
        "<tr><td>Ethernet</td><td>Parallel port</td></tr></table>"
    )
    assert {name: t.role for name, t in found(text).items()} == {
        "USB": "subject",
        "RS-232": "predicate",
        "Ethernet": "subject",
        "Parallel port": "predicate",
    }


def test_a_defined_abbreviation_is_the_same_technology() -> None:
    text = "Service uses the Acme Remote Management System (RMS). The RMS logs in at night."
    technology = found(text)["Acme Remote Management System"]
    assert [m.text for m in technology.mentions] == ["Acme Remote Management System", "RMS", "RMS"]


def test_named_apps_are_found_and_joined() -> None:
    text = "The Acme Diary App is used. The Acme Diary mobile application runs on iOS. The app is free."
    products = [t for t in found(text).values() if t.category == "software-product"]
    assert [p.name for p in products] == ["Acme Diary App"]
    assert len(products[0].mentions) == 2


def test_the_device_and_its_predicate_are_no_technologies() -> None:
    text = (
        "Trade/Device Name: FreeStyle Libre 2 Flash Glucose Monitoring System\n\n"
        "The FreeStyle Libre 2 sensor communicates with the FreeStyle Libre 2 App via BLE.\n\n"
        "Predicate Device: CONTOUR NEXT USB Blood Glucose Monitoring System\n\nThe CONTOUR NEXT USB is older.\n"
    )
    assert sorted(found(text)) == ["Bluetooth Low Energy", "FreeStyle Libre 2 App"]


def test_a_program_under_the_devices_name_is_a_technology_and_a_contained_predicate_too() -> None:
    text = (
        "Trade Name: iBGStar Blood Glucose Monitoring System\n\n"
        "The iBGStar Diabetes Manager Application runs on the iPhone.\n\n"
        "Predicate Device: FreeStyle Libre 2 Flash Glucose Monitoring System\n\n"
        "The system incorporates the FreeStyle Libre 2.\n"
    )
    assert sorted(found(text)) == ["FreeStyle Libre 2", "iBGStar Diabetes Manager", "iPhone"]


def test_a_connected_product_counts_only_where_it_is_connected() -> None:
    assert "Dexcom G6" in found("The pump receives glucose values from the Dexcom G6.")
    assert "Dexcom G6" not in found("Accuracy of the Dexcom G6 was published elsewhere.")


def test_models_in_a_list_are_one_technology_each() -> None:
    names = set(found("It works with the Samsung Galaxy S3, S4 and S5 and with iPhone (4S, 5, 6 Plus)."))
    assert names == {f"Samsung Galaxy S{n}" for n in (3, 4, 5)} | {"iPhone 4S", "iPhone 5", "iPhone 6 Plus"}


def test_general_names_give_way_to_the_specific_one() -> None:
    technologies = found("The meter has Bluetooth Low Energy (BLE). Bluetooth is always on.")
    assert list(technologies) == ["Bluetooth Low Energy"]
    assert len(technologies["Bluetooth Low Energy"].mentions) == 3


def test_mentions_never_overlap() -> None:
    text = "From Fedora 17 Linux to WindRiver LTS 18 Linux; Wi-Fi 802.11 a/b/g/n; Samsung Galaxy S3, S4; iPhone 5."
    spans = sorted((m.start, m.end) for t in found(text).values() for m in t.mentions)
    assert all(end <= start for (_, end), (start, _) in pairwise(spans))
    assert len(spans) == 6


def test_cpe_names_carry_the_version() -> None:
    assert found("Runs on iOS 13.1.")["iOS"].cpe == "cpe:2.3:o:apple:iphone_os:13.1:*:*:*:*:*:*:*"
    assert (
        found("Runs on Windows XP, Windows 10.")["Windows XP"].cpe == "cpe:2.3:o:microsoft:windows_xp:*:*:*:*:*:*:*:*"
    )
    assert found("It uses NFC.")["Near Field Communication (NFC)"].cpe is None


def test_components_and_channels_are_proposed_with_the_sentence_that_says_so() -> None:
    text = "The meter is small. The glucose meter transmits results to the mobile app via Bluetooth Low Energy."
    extraction = extract(Document(text, name="ifu.md"))
    (channel,) = extraction.proposed_channels
    assert (channel.source, channel.target, channel.medium) == (
        "glucose-meter",
        "mobile-app",
        ("Bluetooth Low Energy",),
    )
    assert channel.evidence[0].text == "The glucose meter transmits results to the mobile app via Bluetooth Low Energy."
    assert {c.id for c in extraction.proposed_components} == {"glucose-meter", "mobile-app"}
    reverse = extract(Document("The mobile app receives glucose data from the sensor via BLE."))
    assert [(c.source, c.target) for c in reverse.proposed_channels] == [("sensor", "mobile-app")]


def test_json_has_the_shape_of_the_issue() -> None:
    data = json.loads(json.dumps(extract(Document("It uses BLE 4.2.")).to_json()))
    assert list(data) == ["technologies"]
    assert data["technologies"] == [
        {
            "name": "Bluetooth Low Energy",
            "version": "4.2",
            "vendor": None,
            "category": "wireless",
            "role": "subject",
            "negated": False,
            "component": None,
            "mentions": [{"start": 8, "end": 15, "text": "BLE 4.2", "page": None}],
            "cpe": "cpe:2.3:a:bluetooth:bluetooth_core_specification:4.2:*:*:*:*:*:*:*",
        }
    ]


PIECES = st.sampled_from(
    [
        "Bluetooth Low Energy (BLE) 4.2",
        "iOS",
        "Android 8.0",
        "Windows 7",
        "does not",
        "predicate",
        "<table>",
        "</table>",
        "<tr>",
        "</td>",
        "|",
        "App",
        "(RMS)",
        "Same",
        "Device",
        "K123456",
        "Predicate Device:",
        "iPhone (4S, 5",
        "from",
        "to",
        ".",
        " ",
        "https://x.y/BLE",
        "(",
        ")",
        "#",
        "++",
        "C",
        "n",
        "802.11",
        "| USB | Same |",
        "$3 . 5$",
        "&amp;",
        "",
        "&#x27;",
        "",
        "$\\mathrm { a }$",
        "The Acme Mobile App",
        "®",
        "İ",
        "ß",
        "ﬁ",
        "🙂",
        "\n",
        "\n\n",
        '<td colspan="2" rowspan="9">',
        "\x1e",
        "\x1f",
        "\xad",
        "\ufeff",
        "\x0c",
        "\r\n",
    ]
)


@given(st.lists(st.one_of(PIECES, st.text(max_size=8)), max_size=40).map("".join))
@settings(max_examples=250, deadline=None)
def test_every_mention_quotes_the_text(text: str) -> None:
    extraction = extract(Document(text))
    for technology in extraction.technologies:
        assert technology.mentions
        for mention in technology.mentions:
            assert 0 <= mention.start < mention.end <= len(text)
            assert text[mention.start : mention.end] == mention.text
    for proposal in (*extraction.proposed_components, *extraction.proposed_channels):
        assert proposal.evidence
        for evidence in proposal.evidence:
            assert text[evidence.start : evidence.end] == evidence.text
    assert extract(Document(text)) == extraction


@pytest.mark.parametrize(
    ("text", "source", "target"),
    [
        (
            "The results are communicated to the smart mobile device through the audio jack.",
            "device",
            "smart-mobile-device",
        ),
        ("Encrypted data transmission with POCcelerator is possible.", "device", "poccelerator"),
        ("The glucose value is communicated by the connected iCGM.", "icgm", "device"),
        ("The analyzer provides results to the workstation over a LAN.", "analyzer", "workstation"),
    ],
)
def test_an_end_of_a_flow_left_unsaid_is_the_device(text: str, source: str, target: str) -> None:
    (channel,) = extract(Document(text)).proposed_channels
    assert (channel.source, channel.target) == (source, target)


def test_the_question_on_the_form_proposes_no_channel() -> None:
    text = (
        "Does the applicant's device contain the ability to transmit data to a computer, webserver, or mobile device?"
    )
    assert extract(Document(text)).proposed_channels == ()
