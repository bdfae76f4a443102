import { expect, test } from "vitest";
import { parseModule } from "../syntax/parse.ts";
import { formatSource, proven } from "./format-source.ts";

function formatted(text: string): string {
  const { text: result, diagnostics } = formatSource({ path: "a.policy", text });
  if (result === undefined) throw new Error(JSON.stringify(diagnostics));
  return result;
}

/** Statements after `package a`; the indentation of the table is no part of them. */
function lines(text: string): string {
  const all = text.replace(/^\n/, "").replace(/\n *$/, "").split("\n");
  const margin = Math.min(...all.filter((line) => line.trim() !== "").map((line) => line.search(/\S/)));
  return `package a\n\n${all.map((line) => line.slice(margin)).join("\n")}\n`;
}

test.each<[string, string, string]>([
  [
    "each condition of a block has its line, whatever parted them",
    "p:=1+-2*( 3-x[ 0 ])if{x  :=[1];not  y;z}",
    `
    p := 1 + -2 * (3 - x[0]) if {
        x := [1]
        not y
        z
    }
    `,
  ],
  [
    "a condition without braces keeps its line, a block of one its braces",
    "p if   x\nq if { x }",
    `
    p if x

    q if {
        x
    }
    `,
  ],
  [
    "strings and numbers are as they were written",
    'p := [1e3, 1.50, 0.0, 12345678901234567890, "\\u0041\\t", `a\\d\n  b`, $"x {a}  {  b }", $`{c}`]',
    `
    p := [1e3, 1.50, 0.0, 12345678901234567890, "\\u0041\\t", \`a\\d
      b\`, $"x {a}  {  b }", $\`{c}\`]
    `,
  ],
  [
    "at most one empty line stays, and one stands around what spans lines",
    "p := 1\n\n\n\nq := 2\nr if {\n\n  x\n\n\n  y\n\n}\ns := 3\nt := 4",
    `
    p := 1

    q := 2

    r if {
        x

        y
    }

    s := 3
    t := 4
    `,
  ],
  [
    "decisions",
    `deny   "x"   code"y"   if x
     approve by"dba" , "ops"for"1h"because"why"if{x}
     mask  column  with partial ( 0 ,4 )if x
     mask a.b.c with null( )
     limit rows  10
     label column as"pii"if x
     notify "ops"because "why"if x
     filter a.b as row where row.c==1 if x
     filter a.b as row where {row.c==1;row.d}if x
     allow if x`,
    `
    deny "x" code "y" if x

    approve by "dba", "ops" for "1h" because "why" if {
        x
    }

    mask column with partial(0, 4) if x
    mask a.b.c with null()
    limit rows 10
    label column as "pii" if x
    notify "ops" because "why" if x
    filter a.b as row where row.c == 1 if x

    filter a.b as row where {
        row.c == 1
        row.d
    } if x

    allow if x
    `,
  ],
  [
    "rules of every form",
    `default p:=false
     a.b["c"].d[x]contains[x,y]if{some x,y in z}{x}
     f(x,[y])=y if{x}else:={1}if y else=3
     q[k]:=v if{some k;v:={a:b|c;d}[k];every x,y in z{x;y}}
     import data.z as y`,
    `
    default p := false

    a.b["c"].d[x] contains [x, y] if {
        some x, y in z
    } {
        x
    }

    f(x, [y]) = y if {
        x
    } else := {1} if y else = 3

    q[k] := v if {
        some k
        v := {a: b | c; d}[k]
        every x, y in z {
            x
            y
        }
    }

    import data.z as y
    `,
  ],
  [
    "a decision that is too long has a line for each clause",
    `deny sprintf("%s is a message that goes on for rather a long time %s", [upper(replace(query.kind, "_", " ")), x]) code "y" if { x }
     deny "a message" code "the code of a message that nobody would ever write as long as this one is, and not even then" if x`,
    `
    deny sprintf("%s is a message that goes on for rather a long time %s", [upper(replace(query.kind, "_", " ")), x])
        code "y"
    if {
        x
    }

    deny "a message"
        code "the code of a message that nobody would ever write as long as this one is, and not even then"
    if x
    `,
  ],
  [
    "a collection that is too long is spread: short items fill lines, others have one each",
    `p if query.kind in {"aaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbbb", "cccccccccccccccccccc", "dddddddddddddddddd", "eeeeeeeee"}
     q := {"aaaaaaaaaaaaaaaaaaaaaaaaaaaa": ["bbbbbbbbbbbbbbbbbbbbbb"], "cccccccccccccccccc": ["dddddddddddddddddddddddd", "ee"]}`,
    `
    p if query.kind in {
        "aaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbbb", "cccccccccccccccccccc", "dddddddddddddddddd", "eeeeeeeee",
    }

    q := {
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaa": ["bbbbbbbbbbbbbbbbbbbbbb"],
        "cccccccccccccccccc": ["dddddddddddddddddddddddd", "ee"],
    }
    `,
  ],
  [
    "a collection that is spread stays so, with the lines of its items",
    `p := [
      1, 2,

      3]
     q := [1,
      2]
     r := {x|
       x := 1; y}`,
    `
    p := [
        1, 2,

        3,
    ]

    q := [1, 2]

    r := {x |
        x := 1
        y
    }
    `,
  ],
  [
    "long calls and conditions break within",
    `p if {
       d := decide("select something long from a table with a long name") with principal as agent with data.some.values as {"a": 1}
       print("the names of things that are printed", [aaaaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbbbbbbbbbbbb, ccccccccccccccccccc])
       concat("the names of things that are joined", upper(aaaaaaaaaaaaaaaaaaaa), lower(bbbbbbbbbbbbbbbbbbbbbbbbbb), cccccc)
       first.reference.with.many.parts + second.reference.with.many.parts == third.reference.with.many.parts * number.of.parts
     }`,
    `
    p if {
        d := decide("select something long from a table with a long name")
            with principal as agent
            with data.some.values as {"a": 1}
        print("the names of things that are printed", [
            aaaaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbbbbbbbbbbbb, ccccccccccccccccccc,
        ])
        concat(
            "the names of things that are joined",
            upper(aaaaaaaaaaaaaaaaaaaa),
            lower(bbbbbbbbbbbbbbbbbbbbbbbbbb),
            cccccc
        )
        first.reference.with.many.parts + second.reference.with.many.parts ==
            third.reference.with.many.parts * number.of.parts
    }
    `,
  ],
  [
    "what opens in the next line too opens in this one",
    `p if {
       d := decide("select * from fields, page_views") with principal as {"id": "dora", "kind": "human", "group": a.b.c.d.e.f}
     }
     q := 1 if x else := {"aaaaaaaaaaaaaaaaaaaaaaaaaaa": "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", "cccccccccccccccccc": "ddddd", "e": 1}`,
    `
    p if {
        d := decide("select * from fields, page_views")
            with principal as {"id": "dora", "kind": "human", "group": a.b.c.d.e.f}
    }

    q := 1 if x else := {
        "aaaaaaaaaaaaaaaaaaaaaaaaaaa": "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
        "cccccccccccccccccc": "ddddd",
        "e": 1,
    }
    `,
  ],
  [
    "comments stay where they are",
    `# METADATA
     # title: p
     p := [ # open
     1, # one
       # two is next
     2 # two
       ,
     # before close
     ]
     # before r
     r if{ # first
     a # a
     # b is next
     b;c # c

     # last
     } # after r
     # before else
     else := 2
     # apart

     s if x == # why
        3
     f(
     # nothing
     ) := 1
     # end

     # really the end`,
    `
    # METADATA
    # title: p
    p := [ # open
        1, # one
        # two is next
        2, # two
        # before close
    ]

    # before r
    r if { # first
        a # a
        # b is next
        b
        c # c

        # last
    } # after r
    # before else
    else := 2
    # apart

    s if x == # why
        3

    f(
        # nothing
    ) := 1
    # end

    # really the end
    `,
  ],
  [
    "a condition that begins with a minus is kept from the one before it",
    "p if { a; -b }",
    `
    p if {
        a;
        -b
    }
    `,
  ],
])("%s", (_, before, after) => {
  const once = formatted(`package a\n${before}`);
  expect(once).toBe(lines(after));
  expect(formatted(once)).toBe(once);
});

test("byte order mark, carriage returns and space at ends of lines go, except within strings", () => {
  expect(formatted("\uFEFFpackage a\r\n\r\np := `x\r\ny` # c \t\r\n  \r\n")).toBe("package a\n\np := `x\r\ny` # c\n");
});

test("a file of comments and a package is formatted too", () => {
  expect(formatted("# a\npackage b.c\n\n\n\n# d")).toBe("# a\npackage b.c\n\n# d\n");
});

test("a file with syntax errors has diagnostics and no text", () => {
  const { text, diagnostics } = formatSource({ path: "a.policy", text: "package a\np := [1,,\nq := }" });
  expect(text).toBeUndefined();
  expect(diagnostics?.map(({ code }) => code)).toContain("P101");
});

test.each([
  ["another value", "package a\n\n# c\np := 2\n"],
  ["a comment less", "package a\n\np := 1\n"],
  ["a comment that is another", "package a\n\n# d\np := 1\n"],
  ["no policy at all", "package a\n\n# c\np :=\n"],
])("a text with %s is not taken for the same", (_, text) => {
  const { tree } = parseModule({ path: "a.policy", text: "package a\n# c\np := 1" });
  if (tree === undefined) throw new Error("does not parse");
  expect(proven(tree, "package a\n\n# c\np := 1\n").text).toBeDefined();
  expect(proven(tree, text).diagnostics?.map(({ code }) => code)).toEqual(["P120"]);
});
