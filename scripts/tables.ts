/** Writes the pages of docs/ that are made of what tests find out. Tests say when they are out of date. */
import { writeFileSync } from 'node:fs';
import { CHECKS } from '../test/conformance/checks.ts';
import { renderConformancePage } from '../test/conformance/page.ts';
import { REFEREES } from '../test/conformance/referees.ts';
import { comparePolicy } from '../test/policy/findings.ts';
import { renderPolicyPage } from '../test/policy/page.ts';

const DOCS = new URL('../docs/', import.meta.url);

writeFileSync(new URL('policy.md', DOCS), renderPolicyPage(await comparePolicy()));
writeFileSync(new URL('conformance.md', DOCS), renderConformancePage(CHECKS, REFEREES));
