/** Writes the pages of docs/ that are made of what tests find out. Tests say when they are out of date. */
import { writeFileSync } from 'node:fs';
import { writeSection } from '../../scripts/tools/docs/section.ts';
import { CHECKS } from '../conformance/checks.ts';
import { ORACLES } from '../conformance/oracles.ts';
import { renderConformancePage } from '../conformance/page.ts';
import { isolationTable } from '../faults/isolation/table.ts';
import { comparePolicy } from '../policy/findings.ts';
import { renderPolicyPage } from '../policy/page.ts';

const DOCS = new URL('../../docs/', import.meta.url);

writeFileSync(new URL('policy.md', DOCS), renderPolicyPage(await comparePolicy()));
writeFileSync(new URL('conformance.md', DOCS), renderConformancePage(CHECKS, ORACLES));
writeSection(new URL('faults.md', DOCS), 'isolation', isolationTable());
