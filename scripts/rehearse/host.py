"""Runs the emulator with one door more: ECS may put its own events on the bus.

The source `aws.ecs` is refused to everybody but ECS, on AWS as here. The rehearsal plays ECS, and the rule and the function
under test take no other source: so the emulator's own parameter for services that put events is set. Should a later version
of the emulator call it otherwise, the first event fails with the name of the parameter.
"""
from functools import partial

from ministack.app import main
from ministack.services import eventbridge

eventbridge._put_events = partial(eventbridge._put_events, allow_aws_source=True)
main()
