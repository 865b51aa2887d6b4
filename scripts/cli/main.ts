/** The command line: `alb-target-sync replay | plan | drift | sample`. Each command is in commands/, and none of them ever writes to AWS. */
import { dispatch } from './dispatch.ts';
import { endWith } from './exit.ts';

await endWith(() => dispatch(process.argv.slice(2)));
