package io.github.swscan.cli.option;

import io.github.swscan.input.InputException;
import io.github.swscan.policy.BaselineComparison;
import io.github.swscan.policy.Policy;
import io.github.swscan.policy.PolicyFile;
import io.github.swscan.policy.Rule;
import io.github.swscan.scan.BaselineRequest;
import io.github.swscan.scan.OpenModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;

/** What a model is held to. */
public final class PolicyOptions {

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Option(
            names = "--fail-on",
            paramLabel = "RULE",
            split = ",",
            description = "End with exit code 1 if a weight or a set of weights has this verdict or a stronger one: "
                    + "critical, high or moderate; if there is a set of weights that matter together: set; if turning "
                    + "one sign is critical: flip-critical; if the model computes NaN or infinities: non-finite, which "
                    + "all of these ask for too; if a file wants to load what no weights need: unsafe-pickle; if something "
                    + "is another than in the baseline: changed. May be given several times, or several with "
                    + "commas (default: none).")
    private List<Rule> failOn = List.of();

    @Option(
            names = "--baseline",
            paramLabel = "REPORT",
            converter = PathConverter.class,
            description = "A report of this model that was made before: what is another now is told (default: none).")
    private Optional<Path> baseline;

    @Option(
            names = "--tolerance",
            paramLabel = "X",
            defaultValue = "" + BaselineComparison.STANDARD_TOLERANCE,
            description = "By how much, relative, a value may differ from the baseline's where the model is stored in "
                    + "another type (default: ${DEFAULT-VALUE}).")
    private double tolerance;

    @Option(
            names = "--policy",
            paramLabel = "FILE",
            converter = PathConverter.class,
            description = "A file that says which findings do not count, and until when (default: " + PolicyFile.NAME
                    + " in the working folder, if no weights lie there).")
    private Optional<Path> policyFile;

    /** Called before anything costly is done. */
    public void check() {
        if (failOn.contains(Rule.CHANGED) && baseline.isEmpty()) {
            throw new ParameterException(command.commandLine(), "--fail-on changed needs --baseline REPORT");
        }
        if (!(tolerance >= 0 && Double.isFinite(tolerance))) {
            throw new ParameterException(
                    command.commandLine(), "--tolerance must be a number from 0 on, not " + tolerance);
        }
    }

    /** Whether anything is asked for. */
    public boolean areGiven() {
        return !failOn.isEmpty() || baseline.isPresent() || policyFile.isPresent();
    }

    /** For what no policy holds, such as an ablation: the command line must not ask for one; defaults of the user do not apply. */
    public void requireNone() {
        ParseResult given = command.commandLine().getParseResult();
        if (Stream.of("--fail-on", "--baseline", "--policy").anyMatch(given::hasMatchedOption)) {
            throw new ParameterException(
                    command.commandLine(),
                    "--fail-on, --baseline and --policy are about detections, and this is an ablation");
        }
    }

    /** Whether it is asked for to end with exit code 1 at a file that wants to load what no weights need. */
    public boolean minds(Rule rule) {
        return failOn.contains(rule);
    }

    public BaselineRequest baseline() {
        return baseline.map(file -> new BaselineRequest(file.toString(), tolerance))
                .orElse(BaselineRequest.NONE);
    }

    /**
     * The rules, and what the policy file exempts from them.
     *
     * @param models whose folders nothing is taken from; some may not be there, as where a report names them
     * @param note is told of entries that have expired, and of a file that is not used, in a line each
     * @throws io.github.swscan.input.InputException if the policy file cannot be read
     * @throws io.github.swscan.input.WrongRequestException if it says what is not understood
     */
    public Policy policy(List<Path> models, Consumer<String> note) {
        Optional<PolicyFile> file = policyFile
                .or(() -> inWorkingFolder(models, note))
                .map(path -> PolicyFile.read(path, LocalDate.now(ZoneOffset.UTC)));
        file.ifPresent(read -> read.expired().forEach(note));
        return new Policy(
                failOn.isEmpty() ? EnumSet.noneOf(Rule.class) : EnumSet.copyOf(failOn),
                file.map(PolicyFile::exemptions).orElse(List.of()));
    }

    /** A model does not decide what it is held to: a file that came with one, or may have, is not used. */
    private static Optional<Path> inWorkingFolder(List<Path> models, Consumer<String> note) {
        Path file = Path.of(PolicyFile.NAME);
        if (!Files.isRegularFile(file)) {
            return Optional.empty();
        }
        Optional<String> reason = models.stream().anyMatch(PolicyOptions::holdsWorkingFolder)
                ? Optional.of("it lies in the model's folder")
                : Optional.of("it lies beside weights, and may have come with them")
                        .filter(doubt -> isOfSomeModel());
        reason.ifPresent(why -> note.accept("note: %s is not used, for %s; --policy names one".formatted(file, why)));
        return reason.isEmpty() ? Optional.of(file) : Optional.empty();
    }

    /** Whether there are weights in the working folder, or it is in the folder of a model, whichever that is. */
    private static boolean isOfSomeModel() {
        Path folder = Path.of("").toAbsolutePath();
        return holdsWeights(folder)
                || Stream.iterate(folder.getParent(), Objects::nonNull, Path::getParent)
                        .anyMatch(above -> Files.exists(above.resolve("config.json")) && holdsWeights(above));
    }

    private static boolean holdsWeights(Path folder) {
        try {
            return OpenModel.holdsWeights(folder);
        } catch (InputException e) {
            // What cannot be listed may hold anything.
            return true;
        }
    }

    private static boolean holdsWorkingFolder(Path model) {
        try {
            Path real = model.toRealPath();
            Path folder = Files.isDirectory(real) ? real : real.getParent();
            return folder != null && Path.of("").toRealPath().startsWith(folder);
        } catch (IOException e) {
            // A model that is not there is refused later, by name.
            return false;
        }
    }
}
