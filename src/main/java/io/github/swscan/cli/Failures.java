package io.github.swscan.cli;

import io.github.swscan.checkpoint.InputException;
import io.github.swscan.engine.EngineFailure;
import io.github.swscan.report.ReportFailure;
import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** Where errors end: one clear line and an exit code; a stack trace only with --verbose. */
final class Failures {

    private Failures() {}

    /** Wrong usage of the command line. */
    static final class WrongUsage implements IParameterExceptionHandler {

        @Override
        public int handleParseException(ParameterException failure, String[] arguments) {
            CommandLine command = failure.getCommandLine();
            PrintWriter err = command.getErr();
            String name = command.getCommandSpec().qualifiedName();
            err.println(name + ": " + oneLine(failure.getMessage()) + "; see '" + helpFor(command) + "'");
            return ExitCode.WRONG_USAGE;
        }

        private static String helpFor(CommandLine command) {
            return command.getParent() == null
                    ? "swscan --help"
                    : "swscan help " + command.getCommandSpec().name();
        }
    }

    /** Anything that goes wrong once a command runs. */
    static final class WhileRunning implements IExecutionExceptionHandler {

        @Override
        public int handleExecutionException(Exception failure, CommandLine command, ParseResult arguments) {
            PrintWriter err = command.getErr();
            boolean verbose = arguments.hasMatchedOption("--verbose");
            if (verbose) {
                failure.printStackTrace(err);
            }
            if (failure instanceof InputException) {
                err.println("swscan: " + failure.getMessage());
                return ExitCode.UNUSABLE_INPUT;
            }
            if (failure instanceof EngineFailure || failure instanceof ReportFailure) {
                err.println("swscan: " + failure.getMessage());
                return ExitCode.FAILED;
            }
            String reason =
                    failure.getMessage() == null ? failure.getClass().getSimpleName() : oneLine(failure.getMessage());
            err.println("swscan: failed: " + reason + (verbose ? "" : "; run again with --verbose for details"));
            return ExitCode.FAILED;
        }
    }

    private static String oneLine(String text) {
        return text.lines().findFirst().orElse("");
    }
}
