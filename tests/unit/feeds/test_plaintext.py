import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyfold.feeds.plaintext import encodable, literal_text, plain_text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("  a \n b\t", "a b"),
        ("<p>One.</p><p>Two.</p>", "One. Two."),
        ("W<b>o</b>rd", "Word"),
        ("a<br/>b", "a b"),
        ("AT&amp;T &lt;b&gt; &#8217;", "AT&T <b> \u2019"),
        ("1 < 2 > 0", "1 < 2 > 0"),
        ("a<script>evil()</script>b<STYLE>x{}</style>c", "a b c"),
        ("a<script>evil()", "a"),
        ("a<!-- hidden <b> -->b<!-- open", "a b"),
        ("İ<script>x</script>", "İ x"),
        ("<img src='x' alt='y'>caption", "caption"),
        ("a\x00b", "ab"),
    ],
)
def test_markup_goes_and_words_stay(text: str, expected: str) -> None:
    """Blocks part words, inline elements do not, and what no reader sees is gone."""
    assert expected == plain_text(text)


def test_literal_text_keeps_what_looks_like_markup() -> None:
    """Atom text that says <b> means it."""
    assert "a <b> & c" == literal_text(" a  <b> &amp; c ")


@given(st.text(alphabet=st.characters()))
def test_every_text_can_be_encoded(text: str) -> None:
    """Lone surrogates and NUL never get through."""
    assert "\x00" not in encodable(text).encode().decode()
    assert plain_text(text).encode() is not None
