package io.github.swscan.cli;

import io.github.swscan.cli.option.ConfigOption;
import io.github.swscan.cli.option.EngineOptions;
import io.github.swscan.cli.option.NativeOption;
import io.github.swscan.cli.option.OutputOptions;
import io.github.swscan.cli.option.ProgramVersion;
import io.github.swscan.cli.option.TokenOptions;
import io.github.swscan.cli.screen.ManifestScreen;
import io.github.swscan.cli.screen.ProgressDisplay;
import io.github.swscan.cli.screen.ScanDisplay;
import io.github.swscan.cli.screen.Screen;
import io.github.swscan.input.WrongRequestException;
import io.github.swscan.output.AtomicFile;
import io.github.swscan.report.Manifest;
import io.github.swscan.report.json.JsonReportWriter;
import io.github.swscan.scan.DetectionRequest;
import io.github.swscan.scan.FingerprintRequest;
import io.github.swscan.scan.FingerprintScan;
import io.github.swscan.scan.LazyEngine;
import io.github.swscan.scan.ScanListener;
import io.github.swscan.scan.Signing;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code swscan fingerprint}. */
@Command(
        name = "fingerprint",
        description =
                "Writes a manifest of a model: digests of its files and tensors, and its super weights bit for bit, "
                        + "to verify and restore copies.",
        abbreviateSynopsis = true,
        descriptionHeading = "%n",
        parameterListHeading = "%n",
        sortOptions = false,
        mixinStandardHelpOptions = true,
        versionProvider = ProgramVersion.class,
        footer = {
            "",
            "Examples:",
            "  swscan fingerprint MODEL -o model.manifest.json",
            "  swscan fingerprint MODEL -o model.sig --sign swscan-key.pem --report swscan-report.json",
            "  swscan verify MODEL --manifest model.sig --key swscan-key.pub.pem"
        })
final class FingerprintCommand implements Callable<Integer> {

    @Spec
    private CommandSpec command;

    @Parameters(
            paramLabel = "MODEL",
            description =
                    "A folder in Hugging Face layout, ORG/NAME of a model in the Hugging Face cache of this machine, a "
                            + "safetensors, PyTorch or GGUF file, or the index of its shards.")
    private Path model;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FILE",
            required = true,
            description =
                    "Where the manifest is written. If that is in the model's folder, it is no part of the model.")
    private Path file;

    @Option(
            names = "--sign",
            paramLabel = "KEY.pem",
            description =
                    "Sign the manifest with a private key of the curves P-256, P-384 or P-521: FILE is then a signature "
                            + "of OpenSSF Model Signing, which model_signing verifies too (default: not signed).")
    private Optional<Path> key;

    @Option(
            names = "--certificate",
            paramLabel = "CERT.pem",
            description = "The certificate of the key, then, given again, those that it follows from: the signature is "
                    + "verified with a certificate in place of the public key (default: none).")
    private List<Path> certificates = List.of();

    @Option(
            names = "--report",
            paramLabel = "REPORT",
            description = "Take the super weights from this report of a detection (default: look for them).")
    private Optional<Path> report;

    @Option(
            names = "--no-detect",
            fallbackValue = "true",
            description = "Look for no super weights: digests of files and tensors alone.")
    private boolean noDetection;

    @Option(
            names = "--statistics",
            fallbackValue = "true",
            description = "Tell what tensors are like in a signature of more than 5 MB, too.")
    private boolean statistics;

    @Mixin
    private ConfigOption configOption;

    @Mixin
    private TokenOptions tokenOptions;

    @Mixin
    private EngineOptions engineOptions;

    @Mixin
    private NativeOption nativeOption;

    @Mixin
    private OutputOptions output;

    @Override
    public Integer call() {
        output.configureLogging();
        if (report.isPresent() && noDetection) {
            throw new WrongRequestException("--report and --no-detect do not go together");
        }
        if (key.isEmpty() && !certificates.isEmpty()) {
            throw new WrongRequestException("--certificate needs --sign KEY.pem");
        }
        tokenOptions.check();
        engineOptions.check();
        nativeOption.apply();
        AtomicFile.checkWritable(file);
        Optional<Signing> signing = key.map(named -> Signing.read(named, certificates));
        ScanListener listener = new ScanDisplay(
                Optional.empty(),
                ProgressDisplay.of(command.commandLine().getErr(), output.quiet()),
                engineOptions.fallbackNotice(output.quiet()),
                finished -> {});
        try (LazyEngine engines = new LazyEngine(engineOptions.settings())) {
            Manifest manifest = FingerprintScan.run(request(), engines, listener);
            AtomicFile.write(
                    file,
                    signing.map(signer -> signer.sign(manifest, statistics))
                            .orElseGet(() -> JsonReportWriter.indented().bytes(manifest)));
            if (!output.quiet()) {
                Screen screen = Screen.ofStandardOutput(command.commandLine().getOut(), output.ansi());
                new ManifestScreen(screen).print(manifest, model, file, signing.isPresent());
            }
        }
        return ExitCode.DONE;
    }

    private FingerprintRequest request() {
        return new FingerprintRequest(model.toString(), configOption.file(), source(), List.of(file));
    }

    private FingerprintRequest.Source source() {
        if (noDetection) {
            return new FingerprintRequest.Source.None();
        }
        return report.<FingerprintRequest.Source>map(FingerprintRequest.Source.Report::new)
                .orElseGet(() -> new FingerprintRequest.Source.Detection(detection()));
    }

    private DetectionRequest detection() {
        return DetectionRequest.of(
                model.toString(), configOption.file(), tokenOptions.request(), engineOptions.precision());
    }
}
