package io.github.swscan.cli;

/** The exit codes of the program; docs/exit-codes.md is part of its contract. */
final class ExitCode {

    static final int DONE = 0;
    static final int POLICY_VIOLATED = 1;
    static final int WRONG_USAGE = 2;
    static final int UNUSABLE_INPUT = 3;
    static final int FAILED = 4;
    static final int INTERRUPTED = 130;

    private ExitCode() {}
}
