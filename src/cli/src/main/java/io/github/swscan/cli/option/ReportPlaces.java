package io.github.swscan.cli.option;

import io.github.swscan.input.PrintableText;
import io.github.swscan.input.WrongRequestException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import picocli.CommandLine.Model.CommandSpec;

/** Where the reports of a command go, and as what. */
public final class ReportPlaces {

    /** What reports are called where nothing else is said. */
    public static final String DETECTION = "swscan-report.json";

    public static final String ABLATION = "swscan-ablation.json";

    /** What reports are about. */
    enum Kind {
        DETECTION("a detection", ReportPlaces.DETECTION, ".swscan-report.", EnumSet.allOf(OutputFormat.class)),
        ABLATION("an ablation", ReportPlaces.ABLATION, ".swscan-ablation.", OutputFormat.OF_ABLATIONS),
        VERIFICATION("a verification", "", ".swscan-verification.", OutputFormat.OF_VERIFICATIONS);

        private final String label;
        private final String standard;
        private final String ending;

        @SuppressWarnings("ImmutableEnumChecker") // nobody changes it
        private final Set<OutputFormat> formats;

        Kind(String label, String standard, String ending, Set<OutputFormat> formats) {
            this.label = label;
            this.standard = standard;
            this.ending = ending;
            this.formats = Set.copyOf(formats);
        }

        /** Without formats that only the user's defaults name and that none of these is made as: those are for others. */
        List<Output> applying(List<Output> named, CommandSpec command) {
            return command.commandLine().getParseResult().hasMatchedOption("--output")
                    ? named
                    : named.stream()
                            .filter(output -> formats.contains(output.format()))
                            .toList();
        }

        /** What a file in a folder is called behind the model's name. */
        private String ending(OutputFormat format) {
            return ending + format.ending();
        }
    }

    private final Optional<OutputFormat> printed;
    private final List<Output> files;
    private final boolean standard;
    private final Kind kind;
    private final Consumer<String> note;

    private ReportPlaces(
            Optional<OutputFormat> printed, List<Output> files, boolean standard, Kind kind, Consumer<String> note) {
        this.printed = printed;
        this.files = files;
        this.standard = standard;
        this.kind = kind;
        this.note = note;
    }

    static ReportPlaces of(List<Output> outputs, Kind kind, Consumer<String> note) {
        List<OutputFormat> printed = outputs.stream()
                .filter(output -> output.target().isEmpty())
                .map(Output::format)
                .toList();
        if (printed.size() > 1) {
            throw new WrongRequestException("%s and %s cannot both be printed: name a file, -o %s=FILE"
                    .formatted(printed.get(0), printed.get(1), printed.get(0)));
        }
        outputs.stream()
                .map(Output::format)
                .filter(format -> !kind.formats.contains(format))
                .findFirst()
                .ifPresent(format -> {
                    throw new WrongRequestException("%s is not made of %s; there are %s"
                            .formatted(format, kind.label, OutputFormat.names(kind.formats)));
                });
        return new ReportPlaces(
                printed.stream().findFirst(),
                outputs.stream().filter(output -> output.target().isPresent()).toList(),
                outputs.stream().noneMatch(output -> output.format() == OutputFormat.JSON),
                kind,
                note);
    }

    /** What is printed in place of tables; empty for tables. */
    public Optional<OutputFormat> printed() {
        return printed;
    }

    /**
     * For the reports of one model.
     *
     * @param model empty if a report names it
     */
    public ReportFiles ofOne(Optional<Path> model) {
        return files(named(model), kind.standard);
    }

    /**
     * For what is written only where it is named.
     *
     * @param model which it is about
     */
    public ReportFiles ofNamed(Path model) {
        return new ReportFiles(named(Optional.of(model)));
    }

    private List<ReportFile> named(Optional<Path> model) {
        List<ReportFile> named = new ArrayList<>();
        for (Output output : files) {
            ReportTarget target = output.target().orElseThrow();
            String name = model.map(
                            given -> names(List.of(given), output.format()).get(0))
                    .orElseGet(() -> kind.ending(output.format()).substring(1));
            Path path = target.isFolder() ? target.folder().resolve(name) : target.path();
            named.add(new ReportFile(output.format(), path, true, note));
        }
        requireDifferent(named);
        return named;
    }

    /**
     * For what a report is rendered as: what is named, and nothing else.
     *
     * @param report which must not be replaced
     * @param model its path, as the report tells it
     */
    public ReportFiles ofRendered(Path report, String model) {
        List<ReportFile> named = named(Optional.of(Path.of(PrintableText.escaped(model))));
        named.stream()
                .flatMap(file -> file.path().stream())
                .filter(path -> isSame(path, report))
                .findFirst()
                .ifPresent(path -> {
                    throw new WrongRequestException("%s would replace the report that is rendered".formatted(path));
                });
        return new ReportFiles(named);
    }

    private static boolean isSame(Path one, Path other) {
        try {
            return Files.exists(one) && Files.isSameFile(one, other);
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * For the reports of several models, those of each.
     *
     * @throws WrongRequestException if what is named cannot be a folder, or cannot be printed of several
     */
    public List<ReportFiles> ofSeveral(List<Path> models) {
        printed.filter(format -> !OutputFormat.IN_A_ROW.contains(format)).ifPresent(format -> {
            throw new WrongRequestException(
                    "%s is printed of one model; of several name a folder, -o %s=FOLDER".formatted(format, format));
        });
        for (Output output : files) {
            ReportTarget target = output.target().orElseThrow();
            if (target.isFile(output.format())) {
                throw new WrongRequestException("%s %s is no folder; of several models it names one"
                        .formatted(
                                output.format() == OutputFormat.JSON ? "--report" : "-o " + output.format(),
                                target.text()));
            }
        }
        List<String> standardNames = names(models, OutputFormat.JSON);
        List<List<ReportFile>> byOutput =
                files.stream().map(output -> inFolder(output, models)).toList();
        return IntStream.range(0, models.size())
                .mapToObj(i ->
                        files(byOutput.stream().map(ofModels -> ofModels.get(i)).toList(), standardNames.get(i)))
                .toList();
    }

    /** The files of one output, a model each. */
    private List<ReportFile> inFolder(Output output, List<Path> models) {
        Path folder = output.target().orElseThrow().folder();
        return names(models, output.format()).stream()
                .map(name -> new ReportFile(output.format(), folder.resolve(name), true, note))
                .toList();
    }

    private List<String> names(List<Path> models, OutputFormat format) {
        return new ReportNames(kind.ending(format)).of(models);
    }

    private static void requireDifferent(List<ReportFile> named) {
        for (int i = 0; i < named.size(); i++) {
            for (ReportFile other : named.subList(0, i)) {
                Path path = named.get(i).path().orElseThrow().toAbsolutePath().normalize();
                if (path.equals(other.path().orElseThrow().toAbsolutePath().normalize())) {
                    throw new WrongRequestException(
                            "two outputs go to %s".formatted(named.get(i).path().orElseThrow()));
                }
            }
        }
    }

    /** A report that is printed, or written elsewhere, is not kept in its default place as well. */
    private ReportFiles files(List<ReportFile> named, String standardName) {
        List<ReportFile> all = new ArrayList<>(named);
        if (standard) {
            all.add(new ReportFile(OutputFormat.JSON, Path.of(standardName), false, note));
        }
        return new ReportFiles(all);
    }
}
