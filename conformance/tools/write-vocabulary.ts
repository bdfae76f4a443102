/** Writes docs/vocabulary.md. */
import { writeFileSync } from "node:fs";
import { vocabularyFile, vocabularyPage } from "../docs/vocabulary.ts";

writeFileSync(vocabularyFile, vocabularyPage());
