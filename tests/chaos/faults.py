"""Faults: inflicts what the plan says and mends it again, several at a time where they last."""

import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from tests.chaos.machines import FarMachine
from tests.chaos.plan import Fault, FaultKind
from tests.chaos.scene import RoleProcess, Scene, empty, fill

# A broker is given so long to come back before another one may go.
BROKER_SECONDS = 12.0


class Chaos:
    """Inflicts faults on a scene.

    Args:
        scene: what runs.
        tell: called with each fault as it begins, its number first.
    """

    def __init__(self, scene: Scene, tell: Callable[[int, Fault], None]) -> None:
        self._scene = scene
        self._tell = tell
        self._by_target: dict[str, threading.Lock] = {}
        self.inflicted: Counter[FaultKind] = Counter()

    def run(self, faults: tuple[Fault, ...]) -> None:
        """Inflict all of them; returns when the last is mended."""
        with ThreadPoolExecutor(max_workers=8, thread_name_prefix="fault") as pool:
            under_way: list[Future[None]] = []
            for number, fault in enumerate(faults, 1):
                self._rest(fault.gap)
                self._tell(number, fault)
                under_way.append(pool.submit(self._inflict, fault))
            while not all(each.done() for each in under_way):
                self._rest(0.5)
            for each in under_way:
                each.result()

    def _rest(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while True:
            self._scene.keep()
            left = end - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(left, 0.5))

    def _inflict(self, fault: Fault) -> None:
        """One fault; those on the same target wait for each other. Brokers are one target: two of three serve."""
        target = "brokers" if fault.kind is FaultKind.KILL_BROKER else fault.target
        with self._by_target.setdefault(target, threading.Lock()):
            match fault.kind:
                case FaultKind.KILL_ROLE:
                    self._kill_role(self._scene.roles[fault.target], fault.seconds)
                case FaultKind.FREEZE_ROLE:
                    self._freeze(self._scene.roles[fault.target], fault.seconds)
                case FaultKind.KILL_BROKER:
                    self._kill_broker(int(fault.target), fault.seconds)
                case FaultKind.KILL_DATABASE:
                    self._kill_database(fault.seconds)
                case FaultKind.CUT:
                    self._cut(fault.target, fault.seconds)
                case FaultKind.NO_NAMES:
                    machine = self._scene.machines[fault.target]
                    machine.forget_names()
                    time.sleep(fault.seconds)
                    machine.know_names()
                case FaultKind.DISK_FULL:
                    fill(self._scene.disk)
                    time.sleep(fault.seconds)
                    empty(self._scene.disk)
        self.inflicted[fault.kind] += 1

    def _kill_role(self, role: RoleProcess, seconds: float) -> None:
        with role.lock:
            role.wanted = False
            if role.process.running():
                role.process.kill()
        time.sleep(seconds)
        with role.lock:
            role.process.start()
            role.wanted = True

    def _freeze(self, role: RoleProcess, seconds: float) -> None:
        if role.process.popen is None or not role.process.running():
            return
        popen = role.process.popen
        popen.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        popen.send_signal(signal.SIGCONT)

    def _kill_broker(self, number: int, seconds: float) -> None:
        self._scene.kafka.kill(number)
        time.sleep(seconds)
        self._scene.kafka.restart(number, wait=False)
        time.sleep(BROKER_SECONDS)

    def _kill_database(self, seconds: float) -> None:
        self._scene.database_wanted = False
        self._scene.database.kill()
        time.sleep(seconds)
        self._scene.database.start()
        self._scene.database_wanted = True

    def _cut(self, target: str, seconds: float) -> None:
        machine = self._scene.machines[target]
        assert isinstance(machine, FarMachine)
        machine.cut()
        time.sleep(seconds)
        machine.mend()
