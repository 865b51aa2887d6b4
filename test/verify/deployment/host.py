"""Runs the emulator, made to do two things that AWS does and it does not.

ECS may put its own events on the bus. The source `aws.ecs` is refused to everybody but ECS, on AWS as here. The rehearsal plays
ECS, and the rule and the function under test take no other source: so the emulator's own parameter for services that put events
is set.

Lambda finds a handler in a file .cjs too, which is what `sam build` makes of ours.

Should a later version of the emulator be written otherwise, it does not start, or the first event fails, by the name of what is
missing.
"""
from functools import partial

from ministack.app import main
from ministack.core import lambda_runtime
from ministack.services import eventbridge

FINDS = 'fullPath + ".mjs";'
FINDS_CJS_TOO = 'fullPath + (fs.existsSync(fullPath + ".cjs") ? ".cjs" : ".mjs");'

if lambda_runtime._NODEJS_WORKER_SCRIPT.count(FINDS) != 1:
    raise SystemExit(f"The emulator's runtime for Node no longer says {FINDS}: look at how it finds a handler now.")
lambda_runtime._NODEJS_WORKER_SCRIPT = lambda_runtime._NODEJS_WORKER_SCRIPT.replace(FINDS, FINDS_CJS_TOO)
eventbridge._put_events = partial(eventbridge._put_events, allow_aws_source=True)
main()
