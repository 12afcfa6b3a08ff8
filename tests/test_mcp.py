"""The MCP server as a process of its own: its tools over standard input and output, which carries nothing else."""

import json
import os
import subprocess
import sys

import anyio
import pytest
import small_corpus
from mcp import Client, StdioServerParameters, stdio_client

from tutor.labs import core

QUESTIONS = {"ko": "퍼셉트론은 왜 XOR를 못 풀어?", "en": "Why can't a perceptron solve XOR?"}
COMMAND = ["-m", "tutor", "mcp", "--threads", "1"]

pytestmark = pytest.mark.slow


def test_an_assistant_searches_asks_and_runs_labs_in_both_languages(built_index, built_settings):
    names = {"TUTOR_INDEX": str(built_settings.index), "TUTOR_LIBRARY": str(built_settings.library)}
    server = StdioServerParameters(command=sys.executable, args=COMMAND, env={**os.environ, **names})

    async def talk() -> None:
        async with Client(stdio_client(server)) as client:
            tools = {tool.name: tool for tool in (await client.list_tools()).tools}
            assert set(tools) == {"search_sources", "ask", "labs", "run_lab"}
            assert all(tool.description and tool.output_schema for tool in tools.values())
            for lang in ("ko", "en"):
                await in_language(client, lang)

    anyio.run(talk)


async def in_language(client: Client, lang: str) -> None:
    question = QUESTIONS[lang]
    found = (await client.call_tool("search_sources", {"query": question, "k": 2})).structured_content
    assert [found["lang"], found["covered"], len(found["passages"])] == [lang, True, 2]
    told = (await client.call_tool("ask", {"question": question})).structured_content
    assert (told["lang"], told["mode"], told["citations"][0]["doc"]) == (lang, "quoted", f"{lang}/perceptron")
    labs = (await client.call_tool("labs", {"lang": lang})).structured_content["result"]
    assert [(lab["name"], lab["title"]) for lab in labs] == [(name, lab.title[lang]) for name, lab in core.LABS.items()]
    settings = {"gate": "and", "layers": "single"}
    call = {"name": "train_perceptron", "settings": settings, "lang": lang}
    ran = (await client.call_tool("run_lab", call)).structured_content
    assert {"ko": "모두 맞혔어요(4/4)", "en": "4/4 after 5 epochs"}[lang] in ran["text"]
    assert ran["record"]["arguments"]["gate"] == "and"
    for name, arguments, said in (
        ("run_lab", {"name": "lora", "settings": {"rank": 99}, "lang": lang}, "rank=99"),
        ("run_lab", {"name": "levitation", "lang": lang}, "levitation"),
        ("ask", {"question": " ", "lang": lang}, {"ko": "비어 있어요", "en": "is empty"}[lang]),
    ):
        refused = await client.call_tool(name, arguments)
        assert refused.is_error
        assert said in refused.content[0].text
        assert any("가" <= letter <= "힣" for letter in refused.content[0].text) == (lang == "ko")


def test_standard_output_carries_the_protocol_alone_even_while_the_index_is_built(tmp_path):
    begin = {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "0"},
    }
    search = {"name": "search_sources", "arguments": {"query": "Who published LSTM?"}}
    with subprocess.Popen(
        [sys.executable, *COMMAND],
        env=small_corpus.environment(tmp_path),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:

        def say(method: str, **rest: object) -> None:
            process.stdin.write(json.dumps({"jsonrpc": "2.0", "method": method, **rest}) + "\n")
            process.stdin.flush()

        say("initialize", id=1, params=begin)
        assert json.loads(process.stdout.readline())["result"]["serverInfo"]["name"] == "ai-history-tutor"
        say("notifications/initialized")
        say("tools/call", id=2, params=search)
        told = json.loads(process.stdout.readline())["result"]["structuredContent"]
        assert "Hochreiter" in told["passages"][0]["best"]
        process.stdin.close()
        assert process.stdout.read() == ""
        assert "Reading the sources" in process.stderr.read()
    assert process.returncode == 0
