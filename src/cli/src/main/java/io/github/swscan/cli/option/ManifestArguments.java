package io.github.swscan.cli.option;

import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Which model is held against which manifest, and whose signature is believed. */
public final class ManifestArguments {

    @Parameters(
            paramLabel = "MODEL",
            description = "A folder, ORG/NAME of a model in the Hugging Face cache of this machine, or a weights file.")
    private Path model;

    @Option(
            names = "--manifest",
            paramLabel = "FILE",
            required = true,
            description =
                    "A manifest that swscan fingerprint wrote, signed or not. To verify a model, a signature by OpenSSF "
                            + "Model Signing will do, whoever made it.")
    private Path manifest;

    @Option(
            names = "--key",
            paramLabel = "PUBLIC.pem",
            description = "The public key that the manifest must be signed with, or certificates that the one of its "
                    + "signer must follow from (default: not checked).")
    private Optional<Path> key;

    public Path model() {
        return model;
    }

    public Path manifest() {
        return manifest;
    }

    /** Empty if it does not matter who signed. */
    public Optional<Path> key() {
        return key;
    }
}
