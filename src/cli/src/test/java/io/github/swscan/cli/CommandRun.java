package io.github.swscan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import picocli.CommandLine;

/** What a run of the program gave. */
record CommandRun(int code, String out, String err) {

    /** Standard output with its paragraphs in one line each: what was broken to fit the screen is put together. */
    String outUnbroken() {
        return out.replaceAll("(?<=\\S)\n(?=\\S)", " ");
    }

    /** Runs the program in this process. */
    static CommandRun of(String... arguments) {
        return of(Swscan.commandLineFor(arguments), arguments);
    }

    static CommandRun of(CommandLine commandLine, String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int code = commandLine
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(arguments);
        return new CommandRun(code, out.toString(), err.toString());
    }

    /** Without the lines that tell how far a slow run has come. */
    CommandRun withoutProgress() {
        return new CommandRun(code, out, err.replaceAll("swscan: [^\n]* % of [^\n]* read[^\n]*\n", ""));
    }

    /** An error is one line on standard error and nothing on standard output. */
    void assertFailed(int expectedCode, String... parts) {
        assertThat(err).matches("swscan[^\n]*: [^\n]+\n").contains(parts);
        assertThat(out).isEmpty();
        assertThat(code).isEqualTo(expectedCode);
    }
}
