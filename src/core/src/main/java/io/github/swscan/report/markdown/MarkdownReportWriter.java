package io.github.swscan.report.markdown;

import io.github.swscan.input.PrintableText;
import io.github.swscan.report.AblationReport;
import io.github.swscan.report.DetectionReport;
import io.github.swscan.report.DetectionReport.OtherSpike;
import io.github.swscan.report.DetectionReport.PolicyOutcome;
import io.github.swscan.report.DetectionReport.SuperWeight;
import io.github.swscan.report.DetectionReport.WeightSet;
import io.github.swscan.report.ReportDocument;
import io.github.swscan.report.ReportWriter;
import io.github.swscan.report.Verdict;
import io.github.swscan.report.text.Conclusion;
import io.github.swscan.report.text.EffectUnit;
import io.github.swscan.report.text.Numbers;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Writes what a person needs of a detection or an ablation as GitHub-flavoured Markdown: a sentence, the policy, tables of at
 * most {@value #MOST_ROWS} rows. Names stand as code, so that nothing in them is markup.
 */
public final class MarkdownReportWriter implements ReportWriter {

    private static final int MOST_ROWS = 50;
    private static final int LONGEST_NAME = 200;

    /** A tilde behind a verdict that other text may tip. */
    private static final String NEAR_THRESHOLD = "\\~";

    @Override
    public void write(ReportDocument document, OutputStream out) throws IOException {
        out.write(text(document).getBytes(StandardCharsets.UTF_8));
    }

    private static String text(ReportDocument document) {
        if (document instanceof DetectionReport detection) {
            return detection(detection);
        }
        if (document instanceof AblationReport ablation) {
            return ablation(ablation);
        }
        throw new IllegalArgumentException("Markdown is written of detections and ablations only");
    }

    private static String detection(DetectionReport report) {
        List<String> parts = new ArrayList<>();
        parts.add("## swscan: " + code(report.model().name()));
        parts.add(bold(Conclusion.of(report)));
        report.policy().ifPresent(policy -> parts.add(policy(policy)));
        report.changes().ifPresent(changes -> parts.add(changes(changes)));
        if (!report.sets().isEmpty()) {
            parts.add("### Sets\n\n" + sets(report));
        }
        if (!report.superWeights().isEmpty()) {
            parts.add("### Super weights\n\n" + weights(report));
        }
        if (Stream.concat(
                        report.sets().stream().map(WeightSet::nearThreshold),
                        report.superWeights().stream().map(SuperWeight::nearThreshold))
                .anyMatch(near -> near)) {
            parts.add(NEAR_THRESHOLD + ": near the threshold of another verdict.");
        }
        if (!report.nonFinite().isEmpty()) {
            parts.add("### Numbers that are not finite\n\n" + nonFinite(report));
        }
        List<OtherSpike> signs = report.otherSpikes().stream()
                .filter(spike -> spike.flipVerdict()
                        .filter(verdict -> verdict != Verdict.HARMLESS)
                        .isPresent())
                .toList();
        if (!signs.isEmpty()) {
            parts.add("### Signs\n\n" + signs(signs, report));
        }
        // Of a model that was not read, the first is the sentence at the top.
        List<String> notes = report.notes()
                .subList(report.holdsUnsafePickle() ? 1 : 0, report.notes().size());
        if (!notes.isEmpty()) {
            parts.add(notes.stream().map(note -> "- " + escaped(note)).collect(Collectors.joining("\n")));
        }
        if (!report.holdsUnsafePickle()) {
            parts.add(facts(report));
        }
        return parts.stream().map(String::strip).collect(Collectors.joining("\n\n", "", "\n"));
    }

    private static String policy(PolicyOutcome policy) {
        List<String> lines = new ArrayList<>();
        for (String rule : policy.failOn()) {
            List<String> violations = policy.violations().stream()
                    .filter(violation -> violation.rule().equals(rule))
                    .map(DetectionReport.Violation::finding)
                    .toList();
            lines.add(
                    violations.isEmpty()
                            ? "- policy %s: holds".formatted(code(rule))
                            : "- policy %s: **violated** by %s%s"
                                    .formatted(
                                            code(rule),
                                            code(violations.get(0)),
                                            violations.size() > 1 ? " and " + (violations.size() - 1) + " more" : ""));
        }
        if (!policy.ignored().isEmpty()) {
            lines.add("- %d %s ignored by %s"
                    .formatted(
                            policy.ignored().size(),
                            policy.ignored().size() == 1 ? "finding" : "findings",
                            code(policy.ignored().get(0).file())));
        }
        return String.join("\n", lines);
    }

    private static String changes(DetectionReport.Changes changes) {
        if (changes.changes().isEmpty()) {
            return "Nothing is another than in the baseline " + code(changes.baseline()) + ".";
        }
        return "Not as in the baseline " + code(changes.baseline()) + ":\n\n"
                + changes.changes().stream()
                        .limit(MOST_ROWS)
                        .map(change -> "- " + escaped(change.description()))
                        .collect(Collectors.joining("\n"));
    }

    private static String sets(DetectionReport report) {
        EffectUnit unit = EffectUnit.of(report);
        MarkdownTable table = new MarkdownTable("set:", "weights", "together:", "alone:", "verdict");
        for (WeightSet set : report.sets()) {
            table.row(
                    set.set(),
                    set.members().stream().map(MarkdownReportWriter::code).collect(Collectors.joining("<br>")),
                    cell(unit.cell(set.effect())),
                    set.alone().stream()
                            .map(unit::cell)
                            .map(MarkdownReportWriter::cell)
                            .collect(Collectors.joining("<br>")),
                    verdict(set.verdict(), set.nearThreshold()));
        }
        return "Effects are in the unit of the verdict: " + unit.label() + ".\n\n" + table;
    }

    private static String weights(DetectionReport report) {
        EffectUnit unit = EffectUnit.of(report);
        MarkdownTable table =
                new MarkdownTable("weight", "value:", unit.label() + ":", "sign turned:", "verdict", "where");
        for (SuperWeight weight : report.superWeights()
                .subList(0, Math.min(MOST_ROWS, report.superWeights().size()))) {
            table.row(
                    code(weight.name()),
                    weight.value(),
                    cell(unit.cell(weight.effect())),
                    weight.effectFlipped()
                            .map(unit::cell)
                            .map(MarkdownReportWriter::cell)
                            .orElse(""),
                    verdict(weight.verdict(), weight.nearThreshold()),
                    "%s, byte %d"
                            .formatted(
                                    code(weight.location().file()),
                                    weight.location().offset()));
        }
        return table + more(report.superWeights().size());
    }

    private static String signs(List<OtherSpike> spikes, DetectionReport report) {
        EffectUnit unit = EffectUnit.of(report);
        MarkdownTable table = new MarkdownTable("weight", "value:", "removed:", "sign turned:", "verdict of the sign");
        spikes.stream()
                .sorted(Comparator.comparing(spike -> spike.flipVerdict().orElseThrow()))
                .limit(MOST_ROWS)
                .forEach(spike -> table.row(
                        code(spike.name()),
                        spike.value(),
                        spike.effect()
                                .map(unit::cell)
                                .map(MarkdownReportWriter::cell)
                                .orElse(""),
                        spike.effectFlipped()
                                .map(unit::cell)
                                .map(MarkdownReportWriter::cell)
                                .orElse(""),
                        spike.flipVerdict().orElseThrow()));
        return table.toString();
    }

    private static String nonFinite(DetectionReport report) {
        MarkdownTable table = new MarkdownTable("tensor", "first", "how many:", "where");
        report.nonFinite().stream()
                .limit(MOST_ROWS)
                .forEach(tensor -> table.row(
                        code(tensor.tensor()),
                        tensor.value(),
                        tensor.count(),
                        "%s, byte %d"
                                .formatted(
                                        code(tensor.location().file()),
                                        tensor.location().offset())));
        return table + more(report.nonFinite().size());
    }

    private static String more(int rows) {
        return rows > MOST_ROWS ? "\n%d more stand in the JSON report.\n".formatted(rows - MOST_ROWS) : "";
    }

    private static String facts(DetectionReport report) {
        return "<sub>%s, %d layers, %s parameters, %s; %s tokens, %s, %s; swscan %s, %s</sub>"
                .formatted(
                        escaped(report.model().family()),
                        report.model().layers(),
                        Numbers.grouped(report.model().parameters()),
                        escaped(report.model().dtype()),
                        Numbers.grouped(report.run().tokens()),
                        escaped(report.run().precision()),
                        escaped(report.run().device()),
                        escaped(report.tool().version()),
                        escaped(report.createdAt()));
    }

    private static String ablation(AblationReport report) {
        List<String> parts = new ArrayList<>();
        parts.add("## swscan ablate: " + code(report.model().name()));
        MarkdownTable weights = new MarkdownTable("number:", "weight", "value:");
        report.weights().forEach(weight -> weights.row(weight.number(), code(weight.name()), weight.value()));
        parts.add(weights.toString());
        MarkdownTable variants = new MarkdownTable(
                "variant", "perplexity ratio:", "interval", "KL (nats):", "same top token:", "what it does");
        report.variants().stream()
                .limit(MOST_ROWS)
                .forEach(variant -> variants.row(
                        code(variant.name()),
                        cell(Numbers.ratio(variant.effect().perplexityRatio().value())),
                        interval(variant.effect().perplexityRatio()),
                        cell(Numbers.nats(variant.effect().klDivergence().value())),
                        Numbers.percentage(variant.effect().topTokenAgreement().value()),
                        escaped(variant.description())));
        parts.add(variants + more(report.variants().size()));
        report.notes().forEach(note -> parts.add("- " + escaped(note)));
        return parts.stream().map(String::strip).collect(Collectors.joining("\n\n", "", "\n"));
    }

    private static String interval(AblationReport.Estimate estimate) {
        return estimate.low().isPresent() && estimate.high().isPresent()
                ? "%s to %s"
                        .formatted(
                                Numbers.ratio(estimate.low().get()),
                                Numbers.ratio(estimate.high().get()))
                : "";
    }

    private static String verdict(Verdict verdict, boolean near) {
        return bold(verdict.toString()) + (near ? " " + NEAR_THRESHOLD : "");
    }

    private static String bold(String text) {
        return "**" + escaped(text) + "**";
    }

    private static String cell(String text) {
        return escaped(text.strip());
    }

    /** Text from outside in which nothing is markup. */
    private static String escaped(String text) {
        return PrintableText.escaped(text).replaceAll("([\\\\`*_{}\\[\\]<>#!~|&])", "\\\\$1");
    }

    /** A name from outside as code, between more backticks than stand in it one after the other. */
    private static String code(String name) {
        String printable = PrintableText.shortened(name, LONGEST_NAME);
        int longest = Pattern.compile("`+")
                .matcher(printable)
                .results()
                .mapToInt(run -> run.end() - run.start())
                .max()
                .orElse(0);
        String fence = "`".repeat(longest + 1);
        boolean padded = printable.startsWith("`") || printable.endsWith("`");
        return padded ? fence + " " + printable + " " + fence : fence + printable + fence;
    }
}
