import pytest

from tutor.chat.toolcalls import (
    CallFormat,
    CallScanner,
    as_dicts,
    checked_call,
    parse_call,
    tool_schema,
    with_passages,
    with_tools,
)
from tutor.errors import ToolCallInvalid
from tutor.types import Excerpt, Message, ToolCall, ToolSpec

PARAMETERS = {"type": "object", "properties": {"gate": {"type": "string"}}}
TOOL = ToolSpec("train", "Trains it.", PARAMETERS, PARAMETERS)
CALL = Message("assistant", tool_calls=(ToolCall("train", {"gate": "xor"}),))
RESULT = Message("tool", "3/4 right", name="train")


def test_tool_schema_is_the_openai_form():
    assert tool_schema(TOOL) == {
        "type": "function",
        "function": {"name": "train", "description": "Trains it.", "parameters": PARAMETERS},
    }


def test_results_carry_the_id_of_their_call():
    dicts = as_dicts([Message("user", "?"), CALL, RESULT, CALL, RESULT], lambda arguments: f"<{arguments['gate']}>")
    assert [d.get("tool_call_id") for d in dicts] == [None, None, "call_0", None, "call_1"]
    assert dicts[3]["tool_calls"] == [
        {"id": "call_1", "type": "function", "function": {"name": "train", "arguments": "<xor>"}}
    ]


def test_passages_stand_before_the_last_question():
    messages = [Message("user", "first"), Message("assistant", "a"), Message("user", "second"), CALL, RESULT]
    shown = with_passages(messages, [Excerpt(1, "T", "text"), Excerpt(2, "U", "글")])
    assert [m.content for m in shown[:3]] == ["first", "a", "[1] T\ntext\n\n[2] U\n글\n\nsecond"]
    assert shown[3:] == messages[3:]
    assert with_passages(messages, []) == messages


def test_tools_become_text():
    shown = with_tools([Message("system", "Be kind."), Message("user", "go"), CALL, RESULT], [TOOL])
    assert [m.role for m in shown] == ["system", "user", "assistant", "user"]
    assert shown[0].content.startswith('Be kind.\n\nYou can call these tools, given as JSON schemas:\n{"name": "train"')
    assert shown[2] == Message("assistant", '<tool_call>{"name": "train", "arguments": {"gate": "xor"}}</tool_call>')
    assert shown[3].content == "train: 3/4 right"


def test_tools_get_a_system_message_of_their_own_where_there_is_none():
    assert [m.role for m in with_tools([Message("user", "go")], [TOOL])] == ["system", "user"]
    assert with_tools([Message("user", "go")], []) == [Message("user", "go")]


@pytest.mark.parametrize(
    ("rendered", "expected"),
    [
        (
            '<tool_call>{"name":"NAME","arguments":{"a":1,"b":2}}</tool_call>',
            CallFormat('{"name":"', '","arguments":', "}", ""),
        ),
        (
            '<tool_call>\n{"name": "NAME", "arguments": {"a": 1, "b": 2}}\n</tool_call>',
            CallFormat('\n{"name": "', '", "arguments": ', "}\n", " "),
        ),
        ('<tool_call>[{"name": "NAME", "arguments": {"a": 1, "b": 2}}]</tool_call>', None),
        ('<tool_call>NAME{"a": 1, "b": 2}</tool_call>', None),
        ('{"name": "NAME", "parameters": {"a": 1, "b": 2}}', None),
    ],
)
def test_format_is_read_off_the_template(rendered, expected):
    assert CallFormat.of_template(lambda messages: f"user: ?\nassistant: {rendered}<end>") == expected


def _scan(pieces: list[str], *, in_text: bool = True) -> tuple[list[str], str | None]:
    scanner = CallScanner(in_text=in_text)
    return [*(scanner.feed(piece) for piece in pieces), scanner.rest()], scanner.call


def test_scanner_holds_back_what_may_open_a_call():
    assert _scan(["a <", "b <tool", "_call", ">{}", "</tool_call>"]) == (
        ["a ", "<b ", "", "", "", ""],
        "{}</tool_call>",
    )
    assert _scan(["1 < 2", " <tool_"]) == (["1 < 2", " ", "<tool_"], None)


def test_scanner_leaves_a_spelled_mark_alone_where_the_mark_is_a_token():
    assert _scan(["<tool_call>{}"], in_text=False) == (["<tool_call>{}", ""], None)


def test_parse_call():
    call = parse_call('\n{"name": "train", "arguments": {"gate": "xor"}}\n</tool_call> bye', [TOOL])
    assert call == ToolCall("train", {"gate": "xor"})


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ('{"name": "train", "arguments": {"gate"', "cut short"),
        ('{"name": "train"}</tool_call>', "['name']"),
        ('{"name": "train", "arguments": {}, "x": 1}</tool_call>', "'x'"),
        ('{"name": "rm", "arguments": {}}</tool_call>', "no tool 'rm'"),
        ('{"name": "train", "arguments": [1]}</tool_call>', "JSON object"),
        ('{"name": "train", "arguments": {"rate": NaN}}</tool_call>', "JSON object"),
        ("[]</tool_call>", "JSON object"),
        ("{'name': 1}</tool_call>", "JSON object"),
        ("[" * 100_000 + "</tool_call>", "JSON object"),
    ],
)
def test_malformed_calls_are_refused(written, says):
    with pytest.raises(ToolCallInvalid) as caught:
        parse_call(written, [TOOL])
    assert says in caught.value.text("en")
    assert caught.value.text("ko") != caught.value.text("en")


def test_arguments_may_be_json_text():
    assert checked_call("train", '{"gate": "and"}', [TOOL]) == ToolCall("train", {"gate": "and"})
    assert checked_call("train", "", [TOOL]) == ToolCall("train", {})
    with pytest.raises(ToolCallInvalid, match="JSON object"):
        checked_call("train", '{"gate": ', [TOOL])
