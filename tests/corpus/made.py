"""Real files of every format that the tutor reads, made here: no fonts and no samples needed."""

import io
import zipfile
from collections.abc import Sequence

import docx
import nbformat
from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DecodedStreamObject, DictionaryObject, NameObject, NumberObject


def pdf(pages: Sequence[Sequence[str]], title: str = "", password: str | None = None) -> bytes:
    """A PDF with these lines on its pages, in any script: each character is its own code, as its font's map tells."""
    writer = PdfWriter()
    font = writer._add_object(_font(writer, sorted({c for lines in pages for line in lines for c in line})))
    for lines in pages:
        page = writer.add_blank_page(595, 842)
        shown = "".join(f"<{line.encode('utf-16-be').hex()}> Tj 0 -16 Td\n" for line in lines)
        content = DecodedStreamObject()
        content.set_data(f"BT /F 11 Tf 50 790 Td\n{shown}ET".encode())
        page[NameObject("/Contents")] = writer._add_object(content)
        page[NameObject("/Resources")] = DictionaryObject(
            {NameObject("/Font"): DictionaryObject({NameObject("/F"): font})}
        )
    if title:
        writer.add_metadata({"/Title": title})
    if password is not None:
        writer.encrypt(password, "owner", algorithm="RC4-128")
    return _written(writer)


def _font(writer: PdfWriter, characters: Sequence[str]) -> DictionaryObject:
    pairs = "\n".join(f"<{ord(c):04x}> <{ord(c):04x}>" for c in characters)
    cmap = DecodedStreamObject()
    cmap.set_data(
        f"begincmap\n1 begincodespacerange\n<0000> <ffff>\nendcodespacerange\n"
        f"{len(characters)} beginbfchar\n{pairs}\nendbfchar\nendcmap".encode()
    )
    descendant = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/CIDFontType2"),
            NameObject("/BaseFont"): NameObject("/Any"),
            NameObject("/DW"): NumberObject(500),
        }
    )
    return DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type0"),
            NameObject("/BaseFont"): NameObject("/Any"),
            NameObject("/Encoding"): NameObject("/Identity-H"),
            NameObject("/DescendantFonts"): ArrayObject([writer._add_object(descendant)]),
            NameObject("/ToUnicode"): writer._add_object(cmap),
        }
    )


def _written(writer: PdfWriter) -> bytes:
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def pdf_pages(data: bytes) -> int:
    return len(PdfReader(io.BytesIO(data)).pages)


def notebook(*cells: tuple[str, str]) -> bytes:
    """A notebook of (kind, source) cells; code cells have an output."""
    book = nbformat.v4.new_notebook()
    for kind, source in cells:
        if kind == "markdown":
            book.cells.append(nbformat.v4.new_markdown_cell(source))
        else:
            output = nbformat.v4.new_output("stream", text="an output")
            book.cells.append(nbformat.v4.new_code_cell(source, outputs=[output]))
    return nbformat.writes(book).encode()


def word(*blocks: tuple[str, str], title: str = "", table: Sequence[Sequence[str]] = ()) -> bytes:
    """A Word document of (style, text) paragraphs, and a table at its end."""
    document = docx.Document()
    document.core_properties.title = title
    for style, text in blocks:
        document.add_paragraph(text, style=style)
    if table:
        grid = document.add_table(len(table), len(table[0]))
        for row, texts in zip(grid.rows, table, strict=True):
            for cell, text in zip(row.cells, texts, strict=True):
                cell.text = text
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def with_part(data: bytes, name: str, content: bytes) -> bytes:
    """The zip `data` with the part `name` put in, or replaced."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            if part.filename != name:
                new.writestr(part, old.read(part))
        new.writestr(name, content)
    return out.getvalue()
