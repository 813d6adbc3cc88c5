package io.github.swscan.cli.option;

/** From which verdict on a run ends with exit code 1. */
public enum FailOn {
    CRITICAL,
    HIGH,
    MODERATE
}
