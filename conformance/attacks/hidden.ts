/** What of the attacks' own schema is hidden from everybody who attacks, beside what the packs hide of the shop. */
import { type HiddenColumns, hiddenByPacks } from "../noninterference/twin-databases.ts";

const shifted = (column: string) => `translate(${column}, '0123456789', '5678901234')`;
const number = { twin: shifted("ssn"), masked: "'***'" };
const rotated = (text: string) =>
  `translate(${text}, 'abcdefghijklmnopqrstuvwxyz0123456789', 'nopqrstuvwxyzabcdefghijklm5678901234')`;
const address = (column: string) => ({
  twin: `left(${column}, 1) || ${rotated(`substr(split_part(${column}, '@', 1), 2)`)} || '@' || split_part(${column}, '@', 2)`,
  masked: `left(${column}, 1) || '***@' || split_part(${column}, '@', 2)`,
});

export const hiddenColumns: HiddenColumns = {
  ...hiddenByPacks,
  "archive.customers": { ssn: number },
  people: { ssn: number },
  contractors: { wage: { twin: "wage + 11", masked: "null" } },
  accounts: { email: address("email") },
  payroll: {
    salary: { twin: "salary + 17", masked: "null" },
    wages: { twin: "array[wages[1] + 3, wages[2] + 3]", masked: "null" },
    bonus: { twin: "bonus + 5", masked: "null" },
    reached: { twin: "row('x' || (reached).label, reverse((reached).number))::contact", masked: "null" },
  },
  '"Kunden-Daten"': { '"E-Mail"': address('"E-Mail"'), ssn: number },
};

/** What only hidden rows hold in the database whose hidden rows were changed. */
export const hiddenMarks: readonly string[] = [
  "Nowhere",
  "Zed 1",
  "Zed 4",
  "Zed 7",
  "Zed 10",
  "Zed 13",
  "Zed 16",
  "Zed 304",
];

/** Beside the packs, which know nothing of types that users made. */
export const attackedPolicy = {
  path: "attacked.policy",
  text: `package attacked

mask public.payroll.salary with null()
mask public.payroll.wages with null()
mask public.payroll.reached with null()
`,
};
