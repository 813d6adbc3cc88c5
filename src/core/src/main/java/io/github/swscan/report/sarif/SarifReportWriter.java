package io.github.swscan.report.sarif;

import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import io.github.swscan.input.PrintableText;
import io.github.swscan.report.DetectionReport;
import io.github.swscan.report.DetectionReport.Change;
import io.github.swscan.report.ModelSummary;
import io.github.swscan.report.ReportDocument;
import io.github.swscan.report.ReportWriter;
import io.github.swscan.report.Tool;
import io.github.swscan.report.VerificationReport;
import io.github.swscan.report.finding.Finding;
import io.github.swscan.report.finding.FindingRule;
import io.github.swscan.report.finding.Findings;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Writes the findings of a detection as SARIF 2.1.0, one run. A super weight of a normal model is a {@code note}; critical
 * findings that a baseline does not have are a {@code warning}; {@code error} is left to violated policies and to what is
 * wrong with any model. Findings that a policy file exempts are left out.
 *
 * <p>Source of the limits: GitHub's documentation of SARIF support for code scanning.
 */
public final class SarifReportWriter implements ReportWriter {

    private static final String SCHEMA =
            "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

    /** GitHub shows 5,000 results of a run, and takes 25,000. */
    private static final int MOST_RESULTS = 5_000;

    /** GitHub keeps so many locations of a result. */
    private static final int MOST_LOCATIONS = 100;

    private static final List<FindingRule> RULES = List.of(FindingRule.values());

    private static final int LONGEST_MESSAGE = 1_000;

    private static final ObjectWriter JSON = JsonMapper.builder()
            .addModule(new Jdk8Module())
            .enable(SerializationFeature.INDENT_OUTPUT)
            .build()
            .writer();

    private final Path base;

    /** @param base the folder that paths are told from: that of the repository that is scanned */
    public SarifReportWriter(Path base) {
        this.base = base.toAbsolutePath().normalize();
    }

    @Override
    public void write(ReportDocument document, OutputStream out) throws IOException {
        out.write((JSON.writeValueAsString(log(document)) + "\n").getBytes(StandardCharsets.UTF_8));
    }

    private SarifLog log(ReportDocument document) {
        if (document instanceof DetectionReport report) {
            return log(report);
        }
        if (document instanceof VerificationReport report) {
            return log(report);
        }
        throw new IllegalArgumentException("SARIF is written of detections and verifications only");
    }

    private SarifLog log(DetectionReport report) {
        List<Finding> all = Findings.of(report);
        ModelFiles files = ModelFiles.of(report.model(), base);
        return log(
                report.tool(),
                files,
                new SarifLog.Invocation(
                        !report.brokeDown() && !report.holdsUnsafePickle(),
                        report.createdAt(),
                        notifications(report.notes(), files, all.size())),
                told(all)
                        .map(finding -> result(finding, files, level(finding, report), baselineState(finding, report)))
                        .toList(),
                report.outcome());
    }

    /** All that is another than a manifest says is wrong. */
    private SarifLog log(VerificationReport report) {
        List<Finding> all = Findings.of(report);
        List<String> named = report.differences().stream()
                .flatMap(difference -> difference.file().stream())
                .toList();
        ModelFiles files = ModelFiles.of(report.model(), named, base);
        return log(
                report.tool(),
                files,
                new SarifLog.Invocation(true, report.createdAt(), notifications(report.notes(), files, all.size())),
                told(all)
                        .map(finding -> result(finding, files, "error", Optional.empty()))
                        .toList(),
                report.holds() ? "unchanged" : "changed");
    }

    private static Stream<Finding> told(List<Finding> all) {
        return all.stream().limit(MOST_RESULTS);
    }

    private static SarifLog log(
            Tool tool,
            ModelFiles files,
            SarifLog.Invocation invocation,
            List<SarifLog.Result> results,
            String verdict) {
        String version = tool.version();
        return new SarifLog(
                SCHEMA,
                "2.1.0",
                List.of(new SarifLog.Run(
                        new SarifLog.ToolComponents(
                                new SarifLog.Driver(tool.name(), version, semantic(version), rules())),
                        new SarifLog.RunDetails("swscan/" + files.name() + "/"),
                        List.of(invocation),
                        "utf16CodeUnits",
                        results,
                        Map.of("verdict", verdict))));
    }

    /** SemVer; of a program that did not run from a jar the lowest. */
    private static String semantic(String version) {
        return version.matches("\\d+\\.\\d+\\.\\d+(-[0-9A-Za-z.-]+)?(\\+[0-9A-Za-z.-]+)?")
                ? version
                : "0.0.0-" + version.replaceAll("[^0-9A-Za-z-]", "-");
    }

    private static List<SarifLog.Notification> notifications(List<String> told, ModelFiles files, int findings) {
        Stream<String> more = findings > MOST_RESULTS
                ? Stream.of("%d findings, of which the first %d are told.".formatted(findings, MOST_RESULTS))
                : Stream.empty();
        return Stream.of(files.note().stream(), more, told.stream())
                .flatMap(notes -> notes)
                .map(note -> new SarifLog.Notification("note", message(note)))
                .toList();
    }

    private static SarifLog.Message message(String text) {
        return new SarifLog.Message(PrintableText.shortened(text, LONGEST_MESSAGE));
    }

    private static List<SarifLog.ReportingDescriptor> rules() {
        return RULES.stream()
                .map(rule -> new SarifLog.ReportingDescriptor(
                        rule.id(),
                        name(rule),
                        new SarifLog.Message(rule.title()),
                        new SarifLog.Message(rule.description()),
                        new SarifLog.Help(
                                rule.description() + " " + rule.help(), rule.description() + "\n\n" + rule.help()),
                        new SarifLog.Configuration(rule.isFault() ? "error" : "note"),
                        new SarifLog.RuleProperties(
                                List.of("security", "machine-learning", "super-weights"),
                                "very-high",
                                rule.isFault() ? "error" : "recommendation",
                                rule.severity())))
                .toList();
    }

    /** In Pascal case, as SARIF asks for. */
    private static String name(FindingRule rule) {
        return Arrays.stream(rule.id().split("-"))
                .map(word -> Character.toUpperCase(word.charAt(0)) + word.substring(1))
                .collect(Collectors.joining());
    }

    private static SarifLog.Result result(
            Finding finding, ModelFiles files, String level, Optional<String> baselineState) {
        return new SarifLog.Result(
                finding.rule().id(),
                RULES.indexOf(finding.rule()),
                level,
                message(finding.message()),
                locations(finding, files),
                Map.of("primaryLocationLineHash", fingerprint(finding) + ":1"),
                baselineState,
                properties(finding));
    }

    private static String level(Finding finding, DetectionReport report) {
        if (finding.rule().isFault() || isViolation(finding, report)) {
            return "error";
        }
        boolean critical =
                switch (finding.rule()) {
                    case CRITICAL_SET, CRITICAL_WEIGHT, CRITICAL_SIGN -> !isKnown(finding, report);
                    case SUPER_WEIGHT_CHANGED -> true;
                    default -> false;
                };
        return critical ? "warning" : "note";
    }

    private static boolean isViolation(Finding finding, DetectionReport report) {
        return report.policy().stream()
                .flatMap(policy -> policy.violations().stream())
                .anyMatch(violation -> violation.finding().equals(finding.description()));
    }

    /** Whether a baseline has it with the same verdict. */
    private static boolean isKnown(Finding finding, DetectionReport report) {
        return report.changes().isPresent()
                && kindsOfChanges(finding, report)
                        .noneMatch(kind -> Set.of("appeared", "verdict").contains(kind));
    }

    /**
     * What a baseline has of it; empty without one. What vanished is told in a result of this run, which cannot be
     * {@code absent}.
     */
    private static Optional<String> baselineState(Finding finding, DetectionReport report) {
        return report.changes().map(changes -> {
            Set<String> kinds = kindsOfChanges(finding, report).collect(Collectors.toSet());
            return kinds.contains("appeared") ? "new" : kinds.isEmpty() ? "unchanged" : "updated";
        });
    }

    private static Stream<String> kindsOfChanges(Finding finding, DetectionReport report) {
        return report.changes().stream()
                .flatMap(changes -> changes.changes().stream())
                .filter(change -> isAbout(change, finding))
                .map(Change::kind);
    }

    /** Another value of one weight is a change of the sets that it is in, too. */
    private static boolean isAbout(Change change, Finding finding) {
        if (finding.rule() == FindingRule.SUPER_WEIGHT_CHANGED) {
            return change.description().equals(finding.description());
        }
        return Set.copyOf(change.weights()).equals(Set.copyOf(finding.weights()))
                || (change.kind().equals("value") && finding.weights().containsAll(change.weights()));
    }

    private static List<SarifLog.PlaceOf> locations(Finding finding, ModelFiles files) {
        List<String> places = finding.places().stream()
                .map(place -> files.uri(place.file()))
                .distinct()
                .limit(MOST_LOCATIONS)
                .toList();
        return (places.isEmpty() ? List.of(files.uri()) : places)
                .stream()
                        .map(uri -> new SarifLog.PlaceOf(new SarifLog.PhysicalLocation(
                                new SarifLog.ArtifactLocation(uri), SarifLog.Region.FIRST)))
                        .toList();
    }

    private static Map<String, Object> properties(Finding finding) {
        Map<String, Object> properties = new LinkedHashMap<>();
        properties.put("finding", finding.description());
        properties.put(
                "places",
                finding.places().stream().map(SarifReportWriter::place).toList());
        finding.verdict().ifPresent(verdict -> properties.put("verdict", verdict.toString()));
        finding.effect().ifPresent(effect -> {
            effect.perplexityRatio().ifPresent(ratio -> properties.put("perplexityRatio", ratio));
            effect.klDivergence().ifPresent(divergence -> properties.put("klDivergence", divergence));
            effect.hiddenChange().ifPresent(change -> properties.put("hiddenChange", change));
        });
        return properties;
    }

    private static Map<String, Object> place(Finding.Place place) {
        Map<String, Object> told = new LinkedHashMap<>();
        told.put("file", place.file());
        told.put("byteOffset", place.offset());
        place.tensor().ifPresent(tensor -> told.put("tensor", tensor));
        place.expert().ifPresent(expert -> told.put("expert", expert));
        place.row().ifPresent(row -> told.put("row", row));
        place.column().ifPresent(column -> told.put("column", column));
        place.value().filter(Float::isFinite).ifPresent(value -> told.put("value", value));
        return told;
    }

    /** Of the rule and the places, not of values: a weight that changes stays the same alert. */
    private static String fingerprint(Finding finding) {
        String identity = finding.weights().isEmpty()
                ? finding.description()
                : finding.weights().stream().sorted().collect(Collectors.joining("|"));
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256")
                    .digest((finding.rule().id() + "|" + identity).getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, 16);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /**
     * How the model's files are called in the log: relative to the base; where the model lies elsewhere, by its name.
     *
     * @param name of the model
     * @param folder of its files, relative to the base; empty where that is the base
     * @param file of the model, where it is a single one or nothing else is known
     */
    private record ModelFiles(String name, String folder, Optional<String> file, Optional<String> note) {

        static ModelFiles of(ModelSummary model, Path base) {
            return of(
                    model.path(),
                    model.files().stream().map(ModelSummary.File::name).toList(),
                    base);
        }

        static ModelFiles of(String model, List<String> weights, Path base) {
            Path path = Path.of(model).toAbsolutePath().normalize();
            String name = ModelSummary.name(model);
            boolean inside = path.startsWith(base);
            Path placed = inside ? base.relativize(path) : Path.of(name);
            boolean single = weights.contains(name);
            Path folder = single ? Optional.ofNullable(placed.getParent()).orElse(Path.of("")) : placed;
            return new ModelFiles(
                    PrintableText.escaped(name),
                    folder.toString(),
                    weights.stream().findFirst(),
                    inside
                            ? Optional.empty()
                            : Optional.of(
                                    "The model lies outside the folder that paths are told from (%s); it stands here by its name."
                                            .formatted(base)));
        }

        String uri(String fileName) {
            return encoded(folder.isEmpty() ? fileName : folder + "/" + fileName);
        }

        String uri() {
            return file.map(this::uri).orElseGet(() -> encoded(folder.isEmpty() ? name : folder));
        }

        /** A path as a relative reference of RFC 3986. */
        private static String encoded(String path) {
            StringBuilder uri = new StringBuilder();
            for (byte unit : path.replace('\\', '/').getBytes(StandardCharsets.UTF_8)) {
                char character = (char) (unit & 0xff);
                boolean plain =
                        character < 0x80 && (Character.isLetterOrDigit(character) || "-._~/".indexOf(character) >= 0);
                uri.append(plain ? String.valueOf(character) : "%%%02X".formatted((int) character));
            }
            return uri.toString();
        }
    }
}
