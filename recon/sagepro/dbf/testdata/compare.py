"""Compares dumps of TestGenuineTables with what Debian's python3-dbf reads:

    python3 compare.py FOLDER_OF_DUMPS [FOLDER_OF_dist-packages]

It opens tables for writing: point the dumps at a copy of the files. Where it
is known to be wrong, its answer is left out: currencies, and a value that it
cannot read at all, such as a text that is no date.
"""
import datetime
import decimal
import json
import os
import sys

dumps = sys.argv[1]
if len(sys.argv) > 2:
    sys.path.insert(0, sys.argv[2])
import dbf  # noqa: E402

values = differences = refused = 0


def same(kind, ours, theirs, page):
    if isinstance(theirs, bytes):  # of columns with the flag "binary", which are characters nevertheless
        theirs = theirs.decode(page, "replace").rstrip(" \0")
    if theirs is None or theirs == "" or (kind in "DT" and not theirs):
        return ours in (None, "") or not ours.strip()
    if ours is None:
        return False
    if kind in "NFYIB":
        return decimal.Decimal(ours or "0") == decimal.Decimal(repr(theirs) if isinstance(theirs, float) else theirs)
    if kind == "D":
        return ours == theirs.strftime("%Y-%m-%d") if theirs.year > 999 else True
    if kind == "T":
        theirs = theirs + datetime.timedelta(microseconds=500000)
        return ours == theirs.strftime("%Y-%m-%d %H:%M:%S")
    if kind == "L":
        return (ours == "T") == bool(theirs)
    return ours.rstrip(" \0") == str(theirs).rstrip(" \0")


for name in sorted(os.listdir(dumps)):
    with open(os.path.join(dumps, name)) as f:
        ours = json.load(f)
    try:
        table = dbf.Table(ours["file"], codepage=(ours["page"] or "cp437"), ignore_memos=False)
        table.open()
    except Exception as e:  # whatever it raises, it does not read the table
        refused += 1
        print(f"{name}: python3-dbf refuses: {e}")
        continue
    for at, record in enumerate(table):
        for i, field in enumerate(ours["fields"]):
            kind = chr(field["Type"])
            try:
                theirs = record[i]
            except Exception as e:
                theirs = f"error {e}"
            if kind == "Y" or isinstance(theirs, str) and theirs.startswith("error "):
                continue
            values += 1
            if not same(kind, ours["rows"][at][i], theirs, ours["page"] or "cp437"):
                differences += 1
                print(f"{name} row {at + 1} {field['Name']}: {ours['rows'][at][i]!r}, python3-dbf {theirs!r}")
    if len(table) != len(ours["rows"]):
        differences += 1
        print(f"{name}: {len(ours['rows'])} rows, python3-dbf {len(table)}")
    table.close()
print(f"{values} values compared, {differences} differences, {refused} tables refused by python3-dbf")
sys.exit(differences != 0 or values == 0)
