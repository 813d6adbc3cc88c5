package io.github.swscan.cli;

import io.github.swscan.cli.option.OptionDefaults;
import io.github.swscan.cli.option.SimilarWord;
import io.github.swscan.engine.EngineFailure;
import io.github.swscan.engine.OutOfMemory;
import io.github.swscan.input.InputException;
import io.github.swscan.input.PrintableText;
import io.github.swscan.input.WrongRequestException;
import io.github.swscan.output.OutputFailure;
import io.github.swscan.text.tokenizer.TokenizerFailure;
import java.io.IOException;
import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.ExecutionException;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IExecutionStrategy;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Where errors end: one clear line and an exit code; a stack trace only with --verbose. */
final class Failures {

    private Failures() {}

    /** Has {@code commandLine} and its subcommands report all failures here. */
    static CommandLine handledFor(CommandLine commandLine) {
        return commandLine
                .setParameterExceptionHandler(new WrongUsage())
                .setExecutionStrategy(new WithErrorsAsExceptions())
                .setExecutionExceptionHandler(new WhileRunning());
    }

    /** Wrong usage of the command line. */
    private static final class WrongUsage implements IParameterExceptionHandler {

        @Override
        public int handleParseException(ParameterException failure, String[] arguments) {
            CommandLine command = failure.getCommandLine();
            String name = command.getCommandSpec().qualifiedName();
            String message = problem(failure, command);
            String origins = OptionDefaults.of(command)
                    .map(defaults -> defaults.origins(message, command, arguments))
                    .orElse("");
            Integer help = origins.isEmpty() ? null : CommandLine.executeHelpRequest(command.getParseResult());
            if (help != null) {
                return help;
            }
            String problem = message + origins;
            print(
                    command,
                    name + ": " + problem + (problem.endsWith("?") ? " See '" : "; see '") + helpFor(command) + "'");
            return ExitCode.WRONG_USAGE;
        }

        private static String problem(ParameterException failure, CommandLine command) {
            if (failure instanceof UnmatchedArgumentException unmatched) {
                return unmatched(unmatched, command);
            }
            String message = failure.getMessage();
            return Character.toLowerCase(message.charAt(0))
                    + message.substring(1, message.endsWith(".") ? message.length() - 1 : message.length());
        }

        private static String unmatched(UnmatchedArgumentException failure, CommandLine command) {
            // What follows may be its value, or be right where it stands after the right word.
            String given = failure.getUnmatched().get(0);
            if (failure.isUnknownOption()) {
                return hasCommandsWith(given, command)
                        ? "option '%s' stands before the command; put it after it".formatted(given)
                        : "unknown option '" + given + "'"
                                + SimilarWord.to(
                                        given,
                                        command.getCommandSpec().optionsMap().keySet());
            }
            return command.getParent() == null
                    ? "unknown command '" + given + "'"
                            + SimilarWord.to(given, command.getSubcommands().keySet())
                    : "unexpected argument '" + given + "'";
        }

        private static boolean hasCommandsWith(String option, CommandLine command) {
            return command.getSubcommands().values().stream()
                    .anyMatch(subcommand ->
                            subcommand.getCommandSpec().optionsMap().containsKey(option));
        }

        private static String helpFor(CommandLine command) {
            return command.getParent() == null
                    ? "swscan --help"
                    : "swscan help " + command.getCommandSpec().name();
        }
    }

    /** The handler of exceptions is not told of errors, such as too little memory or a library that does not load. */
    private static final class WithErrorsAsExceptions implements IExecutionStrategy {

        private final IExecutionStrategy strategy = new CommandLine.RunLast();

        @Override
        public int execute(ParseResult arguments) {
            CommandLine command = arguments
                    .asCommandLineList()
                    .get(arguments.asCommandLineList().size() - 1);
            requireUsableDefaults(command);
            try {
                return strategy.execute(arguments);
            } catch (Error e) {
                throw new ExecutionException(command, "an error in place of an exception", e);
            }
        }
    }

    /** For a command that takes them; whoever asks for help gets it. */
    private static void requireUsableDefaults(CommandLine command) {
        ParseResult given = command.getParseResult();
        if (!given.isUsageHelpRequested()
                && !given.isVersionHelpRequested()
                && given.commandSpec().options().stream().anyMatch(OptionDefaults::isSettable)) {
            OptionDefaults.of(command)
                    .flatMap(defaults -> defaults.file().problem(Swscan::commandLine))
                    .ifPresent(problem -> {
                        throw new ParameterException(command, problem);
                    });
        }
    }

    /** Anything that goes wrong once a command runs. */
    private static final class WhileRunning implements IExecutionExceptionHandler {

        @Override
        public int handleExecutionException(Exception exception, CommandLine command, ParseResult arguments) {
            if (exception instanceof WrongRequestException) {
                return new WrongUsage()
                        .handleParseException(
                                new ParameterException(command, exception.getMessage(), exception),
                                arguments.originalArgs().toArray(String[]::new));
            }
            Throwable failure = exception.getCause() instanceof Error error ? error : exception;
            OptionSpec option = command.getCommandSpec().findOption("--verbose");
            boolean verbose = option != null && Boolean.TRUE.equals(option.getValue());
            if (verbose) {
                failure.printStackTrace(command.getErr());
            }
            Told told = told(failure);
            tell(command, told.message(verbose));
            return told.code();
        }
    }

    /**
     * A failure in the user's terms.
     *
     * @param code the exit code
     * @param cause what was thrown
     * @param line what went wrong
     * @param hasDetails whether the stack trace says more than the line
     */
    record Told(int code, Throwable cause, String line, boolean hasDetails) {

        String message(boolean verbose) {
            return hasDetails && !verbose ? line + "; run again with --verbose for details" : line;
        }

        /** The same where it must say which of several models it is about. */
        String lineAbout(String model, boolean verbose) {
            String message = message(verbose);
            return message.startsWith(model) ? message : model + ": " + message;
        }
    }

    static Told told(Throwable failure) {
        if (failure instanceof ParameterException || failure instanceof WrongRequestException) {
            return new Told(ExitCode.WRONG_USAGE, failure, failure.getMessage(), false);
        }
        if (failure instanceof InputException) {
            return new Told(ExitCode.UNUSABLE_INPUT, failure, failure.getMessage(), false);
        }
        if (failure instanceof EngineFailure
                || failure instanceof TokenizerFailure
                || failure instanceof OutputFailure) {
            return new Told(ExitCode.FAILED, failure, failure.getMessage(), false);
        }
        if (failure instanceof OutOfMemoryError) {
            return new Told(
                    ExitCode.FAILED,
                    failure,
                    "out of memory: " + failure.getMessage()
                            + "; free some, or allow more, for instance with SWSCAN_JAVA_OPTS=-Xmx8g",
                    false);
        }
        return OutOfMemory.explanation(failure)
                .map(line -> new Told(ExitCode.FAILED, failure, line, false))
                .orElseGet(() -> new Told(ExitCode.FAILED, failure, "failed: " + reason(failure), true));
    }

    /** The first line: the engine's messages go on with traces of their own. */
    private static String reason(Throwable failure) {
        Throwable told = failure;
        while (told.getMessage() == null && told.getCause() != null) {
            told = told.getCause();
        }
        String kind = told.getClass().getSimpleName();
        return told.getMessage() == null
                ? kind
                : kind + ": " + told.getMessage().lines().findFirst().orElse("");
    }

    /** What was printed did not arrive, whatever else became of the run. */
    static int outputLost(CommandLine command, IOException failure) {
        tell(command, "standard output: cannot be written: " + failure.getMessage());
        return ExitCode.FAILED;
    }

    /** Something that the user should know, on standard error. */
    static void tell(CommandLine command, String line) {
        print(command, "swscan: " + line);
    }

    /** When the program is being ended, that alone is told: what fails then fails for that. */
    private static void print(CommandLine command, String line) {
        if (Interruption.isEnding()) {
            return;
        }
        PrintWriter err = command.getErr();
        err.println(PrintableText.escaped(line));
        err.flush();
    }
}
