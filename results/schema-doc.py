#!/usr/bin/env python3
"""Makes schema.md from schema.sql and the views: a diagram, and a line per column.

usage: results/schema-doc.py > results/schema.md   from the repository root
"""
import glob
import os
import re


def tables(sql):
    """(name, comment, [(column, type, text, referred table)]) of each CREATE TABLE."""
    for comment, name, body in re.findall(r"((?:--[^\n]*\n)*)CREATE TABLE (\w+) \(\n(.*?)\n\)", sql, re.S):
        columns = []
        for line in body.split("\n"):
            found = re.match(r"  (\w+)\s+(TEXT|INTEGER|REAL)(.*?)(?:--\s*(.*))?$", line)
            if found and found[1] not in ("PRIMARY", "FOREIGN", "CHECK"):
                refers = re.search(r"REFERENCES (\w+)", found[3])
                columns.append([found[1], found[2], (found[4] or "").strip(), refers and refers[1]])
            elif columns and re.match(r"\s+--", line):
                columns[-1][2] += " " + line.strip(" -")
        yield name, " ".join(re.sub(r"^-- ?", "", row) for row in comment.strip().split("\n")), columns


def main():
    with open("results/schema.sql", encoding="utf-8") as file:
        found = list(tables(file.read()))
    print("# The store\n\nMade from schema.sql by `results/schema-doc.py`. Texts are canonical specs, times UTC, checksums SHA-256.\n")
    print("```mermaid\nerDiagram")
    for name, _, columns in found:
        for column, _, _, refers in columns:
            if refers:
                print(f"  {refers} ||--o{{ {name} : {column}")
    print("  score ||--o| scan_detail : cell-item\n  scan_detail ||--o{ start_score : cell-item\n```\n")
    for name, comment, columns in found:
        print(f"## {name}\n{comment}\n\n| column | type | meaning |\n|---|---|---|")
        for column, kind, text, refers in columns:
            text = text.replace("|", "\\|") or (f"a row of `{refers}`" if refers else "")
            print(f"| {column} | {kind.lower()} | {text} |")
        print()
    print("## Views\n")
    for path in sorted(glob.glob("results/views/*.sql")):
        with open(path, encoding="utf-8") as file:
            comment = re.match(r"(?:--[^\n]*\n)+", file.read())[0]
        text = " ".join(line.lstrip("- ") for line in comment.strip().split("\n"))
        print(f"* `{os.path.basename(path)[:-4]}`: {text}")


if __name__ == "__main__":
    main()
