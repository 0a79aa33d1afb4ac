from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harmpath.device.control import Loss
from harmpath.stpa.sentences import Sentence, cited, compose, join


def test_an_element_is_named_by_its_label_and_remembered_by_its_id():
    said = compose("{who} is lost", who=Loss(id="L1", name="sight"))
    assert said == Sentence("sight is lost", ("L1",))


def test_lists_are_joined_and_nested_sentences_keep_their_ids():
    inner = compose("{a}", a=Loss(id="B"))
    said = compose("{all}.", all=["x", Loss(id="A"), inner])
    assert said == Sentence("x, A and B.", ("A", "B"))


def test_empty_parts_leave_no_trace():
    assert compose("It stops {why}, which {x} matters.", why="", x="").text == "It stops, which matters."
    assert join([]) == Sentence("")


def test_a_template_that_names_what_is_not_given_is_a_defect():
    with pytest.raises(KeyError):
        compose("{missing}")


@given(st.text(max_size=30))
def test_words_from_a_file_are_never_read_as_a_template(words: str):
    assert compose("{w}", w=words).text == compose("{w}", w=Sentence(words)).text
    assert "{x}" in compose("{w}", w="{x}" + words).text


def test_cited_elements_carry_their_id_for_the_reader():
    said = cited([Loss(id="L1", name="harm"), Loss(id="L2")], "loss")
    assert said == Sentence("losses L1 (harm) and L2", ("L1", "L2"))
    assert cited([], "loss") == Sentence("")
