package io.github.swscan.cli;

import io.github.swscan.cli.option.OutputOptions;
import io.github.swscan.cli.option.ProgramVersion;
import io.github.swscan.cli.screen.Screen;
import io.github.swscan.integrity.signing.SigningKey;
import io.github.swscan.output.AtomicFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code swscan keygen}. */
@Command(
        name = "keygen",
        description = "Makes a key to sign manifests with, and the public key to verify them with.",
        abbreviateSynopsis = true,
        descriptionHeading = "%n",
        optionListHeading = "%nOptions:%n",
        sortOptions = false,
        mixinStandardHelpOptions = true,
        versionProvider = ProgramVersion.class)
final class KeygenCommand implements Callable<Integer> {

    private static final String ENDING = ".pem";

    @Spec
    private CommandSpec command;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "KEY.pem",
            defaultValue = "swscan-key.pem",
            description = "Where the private key is written, which only its owner may read; the public key goes beside "
                    + "it, KEY.pub.pem (default: ${DEFAULT-VALUE}).")
    private Path file;

    @Option(
            names = "--curve",
            paramLabel = "CURVE",
            defaultValue = "P-256",
            description = "The elliptic curve: P-256, P-384 or P-521 (default: ${DEFAULT-VALUE}).")
    private SigningKey.Curve curve;

    @Mixin
    private OutputOptions output;

    @Override
    public Integer call() {
        output.configureLogging();
        Path publicFile = publicFile();
        AtomicFile.requireNew(publicFile);
        SigningKey key = SigningKey.generate(curve);
        AtomicFile.writeSecret(file, key.pem().getBytes(StandardCharsets.US_ASCII));
        AtomicFile.write(publicFile, key.publicPem().getBytes(StandardCharsets.US_ASCII));
        if (!output.quiet()) {
            Screen screen = Screen.ofStandardOutput(command.commandLine().getOut(), output.ansi());
            screen.value(
                    "private key", file + ": keep it to yourself; swscan fingerprint MODEL -o FILE --sign " + file);
            screen.value(
                    "public key",
                    publicFile + ": give it to others; swscan verify MODEL --manifest FILE --key " + publicFile);
            screen.flush();
        }
        return ExitCode.DONE;
    }

    private Path publicFile() {
        String name = file.getFileName().toString();
        String stem = name.endsWith(ENDING) ? name.substring(0, name.length() - ENDING.length()) : name;
        return file.resolveSibling(stem + ".pub" + ENDING);
    }
}
