/** `npm run docs`: writes what docs/cost.md counts from the templates. */
import { FILES, viewOf } from '../template/templates.ts';
import { costTables } from './cost.ts';
import { writeSection } from './section.ts';

writeSection(new URL('../../../docs/cost.md', import.meta.url), 'cost', costTables(viewOf(FILES)));
