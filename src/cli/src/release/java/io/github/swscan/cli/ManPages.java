package io.github.swscan.cli;

import java.io.File;
import java.io.IOException;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.codegen.docgen.manpage.ManPageGenerator;

/** Writes a page of the manual, in AsciiDoc, for the program and each of its commands. Run when a release is built. */
public final class ManPages {

    private ManPages() {}

    /**
     * Writes them.
     *
     * @param arguments the folder that they are written to
     */
    public static void main(String[] arguments) throws IOException {
        CommandSpec program = Swscan.commandLine().getCommandSpec();
        // Help that is no command of its own, and a page whose text is no description of options.
        program.removeSubcommand("help");
        program.removeSubcommand("terms");
        int code = ManPageGenerator.generateManPage(new File(arguments[0]), null, new boolean[0], true, program);
        if (code != CommandLine.ExitCode.OK) {
            throw new IOException("the pages of the manual could not be written");
        }
    }
}
