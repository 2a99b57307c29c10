"""Starts Java in this process, once, with H2 on its class path."""

import os
import threading
from pathlib import Path

import jpype

_OPTIONS = (
    "-Xshare:auto",
    "-XX:TieredStopAtLevel=1",
    "-XX:+UseSerialGC",
    "-Duser.timezone=UTC",
)
_starting = threading.Lock()


class JavaMissing(RuntimeError):
    """Java or H2 is not installed; the text says which, and what would bring it."""


def h2_jar() -> Path:
    return Path(os.environ.get("H2_JAR", "/usr/share/java/h2.jar"))


def why_missing() -> str | None:
    """What start_java would complain of."""
    try:
        jpype.getDefaultJVMPath()
    except jpype.JVMNotFoundException:
        return "no Java: install default-jre-headless"
    if not h2_jar().is_file():
        return f"no H2 at {h2_jar()}: install libh2-java, or set H2_JAR"
    return None


def start_java() -> None:
    """Raises JavaMissing. Python's threads may use Java after attach_thread()."""
    with _starting:
        if not jpype.isJVMStarted():
            if reason := why_missing():
                raise JavaMissing(reason)
            jpype.startJVM(*_OPTIONS, classpath=[str(h2_jar())])


def attach_thread() -> None:
    """As a daemon, so that Java's end does not wait for this thread."""
    thread = jpype.java.lang.Thread
    if not thread.isAttached():
        thread.attachAsDaemon()


def detach_thread() -> None:
    """A Python thread that ends without this leaves its Java half behind."""
    jpype.java.lang.Thread.detach()
