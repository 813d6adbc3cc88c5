package io.github.swscan.cli;

import io.github.swscan.report.DetectionReport;

/** The exit codes of the program; docs/exit-codes.md is part of its contract. */
final class ExitCode {

    static final int DONE = 0;
    static final int POLICY_VIOLATED = 1;
    static final int WRONG_USAGE = 2;
    static final int UNUSABLE_INPUT = 3;
    static final int FAILED = 4;
    static final int INTERRUPTED = 130;

    private ExitCode() {}

    /** Of a run that gave this report. */
    static int of(DetectionReport report) {
        return report.policy()
                .filter(outcome -> !outcome.violations().isEmpty())
                .map(outcome -> POLICY_VIOLATED)
                .orElse(report.holdsUnsafePickle() ? UNUSABLE_INPUT : DONE);
    }
}
