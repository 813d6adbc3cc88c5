package io.github.swscan.report.html;

import io.github.swscan.report.AblationReport;
import io.github.swscan.report.AblationReport.Estimate;
import io.github.swscan.report.AblationReport.ProbabilityShift;
import io.github.swscan.report.AblationReport.Statistic;
import io.github.swscan.report.AblationReport.TaskScore;
import io.github.swscan.report.AblationReport.Text;
import io.github.swscan.report.AblationReport.Variant;
import io.github.swscan.report.text.AblationConclusion;
import io.github.swscan.report.text.Numbers;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The page of an ablation. Besides the weights and the continuations, at most 100 rows are part of the page itself.
 *
 * @param prompt what was continued; empty where nothing was
 * @param continuations those that are not as the unedited model's, which comes first
 * @param unchanged the names of variants whose continuation is the unedited model's
 */
record AblationPage(
        Page page,
        String conclusion,
        List<Fact> figures,
        List<String> notes,
        Table weights,
        Table variants,
        boolean scaling,
        boolean pairs,
        Table interactions,
        boolean stopWords,
        String recovery,
        Table shifts,
        Table tasks,
        String prompt,
        List<Continuation> continuations,
        String unchanged,
        Table copy,
        String copyNote,
        List<Fact> model,
        List<Fact> measured) {

    private static final int WEIGHTS = 20;
    private static final int VARIANTS = 30;
    private static final int INTERACTIONS = 15;
    private static final int SHIFTS = 10;
    private static final int TASKS = 15;
    private static final int COPY = 10;

    private static final int CONTINUATIONS = 48;

    /**
     * How the text goes on in one variant.
     *
     * @param description what the variant is
     * @param same how far it goes as in the unedited model
     * @param other how it goes on from there
     * @param loops the share of repetition; empty where that was not measured
     */
    record Continuation(String name, String description, String same, String other, String loops) {}

    static AblationPage of(AblationReport report, Assets assets) {
        Table weights = weights(report);
        Table variants = variants(report);
        Table interactions = interactions(report);
        Table shifts = shifts(report);
        Table tasks = tasks(report);
        Table copy = copy(report);
        AblationCharts charts =
                AblationCharts.of(report, Stream.of(weights, variants, interactions, shifts, tasks, copy));
        return new AblationPage(
                Page.of(
                        "ablation",
                        report,
                        report.model(),
                        report.tool(),
                        report.createdAt(),
                        assets,
                        charts,
                        "swscan-ablation.json"),
                VisibleText.paragraph(AblationConclusion.of(report)),
                figures(report),
                report.notes().stream().map(VisibleText::paragraph).toList(),
                weights,
                variants,
                !charts.scaling().isEmpty(),
                charts.pairs().isPresent(),
                interactions,
                charts.stopWords().isPresent(),
                report.variants().stream()
                        .flatMap(variant -> variant.recovery().stream())
                        .findFirst()
                        .map(Numbers::percentage)
                        .orElse(""),
                shifts,
                tasks,
                report.generation()
                        .map(generation -> shown(generation.prompt()))
                        .orElse(""),
                continuations(report),
                unchanged(report),
                copy,
                report.copy()
                        .map(written -> "As stored in the copy, %s multiplies the perplexity by %s."
                                .formatted(
                                        VisibleText.of(written.variant()),
                                        ratio(written.effect().perplexityRatio().value())))
                        .orElse(""),
                Page.model(report.model()),
                measured(report));
    }

    private static String ratio(double ratio) {
        return ratio == Double.MAX_VALUE
                ? "NaN/inf"
                : "×" + Numbers.ratio(ratio).substring(1);
    }

    /** Few digits, for the top of the page. */
    private static String figure(double ratio) {
        return ratio == Double.MAX_VALUE ? "NaN/inf" : "×" + Numbers.rounded(ratio);
    }

    private static String ratioInterval(Estimate ratio) {
        return ratio.low().isEmpty()
                ? ""
                : "%s to %s"
                        .formatted(ratio(ratio.low().get()), ratio(ratio.high().orElseThrow()));
    }

    private static String percentage(Optional<Estimate> share) {
        return share.map(estimate -> Numbers.percentage(estimate.value())).orElse("");
    }

    private static List<Fact> figures(AblationReport report) {
        List<Fact> figures = new ArrayList<>();
        figures.add(Fact.of("weights", Numbers.grouped(report.weights().size())));
        if (!report.lines().isEmpty()) {
            figures.add(
                    Fact.of("rows and columns", Numbers.grouped(report.lines().size())));
        }
        figures.add(Fact.of("variants", Numbers.grouped(report.variants().size())));
        AblationConclusion.removal(report)
                .ifPresent(variant -> figures.add(Fact.of(
                        "perplexity, all removed",
                        figure(variant.effect().perplexityRatio().value()))));
        figures.add(
                Fact.of("perplexity, unedited", Numbers.value(report.baseline().perplexity())));
        return figures;
    }

    /** Weights, and the rows and columns among them, by their numbers. */
    private static Table weights(AblationReport report) {
        SortedMap<Integer, List<String>> rows = new TreeMap<>();
        report.weights()
                .forEach(weight -> rows.put(
                        weight.number(),
                        List.of(
                                "#" + weight.number(),
                                weight.place(),
                                Numbers.value(weight.value()),
                                weight.tensor(),
                                weight.location().file(),
                                Numbers.grouped(weight.location().offset()))));
        report.lines()
                .forEach(line -> rows.put(
                        line.number(),
                        List.of(
                                "#" + line.number(),
                                "%d:%s%s:%s"
                                        .formatted(
                                                line.layer(),
                                                line.expert()
                                                        .map(expert -> expert + ":")
                                                        .orElse(""),
                                                line.row().map(Object::toString).orElse("*"),
                                                line.column()
                                                        .map(Object::toString)
                                                        .orElse("*")),
                                "",
                                line.tensor(),
                                "",
                                "")));
        return Table.of(
                "weights",
                "What was changed",
                List.of(
                        Column.text("number"),
                        Column.place("weight"),
                        Column.number("value"),
                        Column.code("tensor"),
                        Column.code("file"),
                        Column.number("byte")),
                WEIGHTS,
                rows.values().stream());
    }

    private static Table variants(AblationReport report) {
        return Table.of(
                "variants",
                "Every variant, beside the unedited model",
                List.of(
                        Column.code("variant"),
                        Column.words("what is done"),
                        Column.number("perplexity"),
                        Column.number("ratio"),
                        Column.number(confidence(report) + " interval"),
                        Column.number("KL, nats"),
                        Column.number("same top token"),
                        Column.number("entropy, nats"),
                        Column.number("stop words")),
                VARIANTS,
                report.variants().stream()
                        .map(variant -> List.of(
                                variant.name(),
                                variant.description(),
                                variant.effect().perplexity() == Double.MAX_VALUE
                                        ? "NaN/inf"
                                        : Numbers.value(variant.effect().perplexity()),
                                ratio(variant.effect().perplexityRatio().value()),
                                ratioInterval(variant.effect().perplexityRatio()),
                                Numbers.nats(variant.effect().klDivergence().value()),
                                Numbers.percentage(
                                        variant.effect().topTokenAgreement().value()),
                                Numbers.value(variant.effect().entropy().value()),
                                percentage(variant.effect().stopWordMass()))));
    }

    private static String confidence(AblationReport report) {
        return Math.round(100 * report.settings().confidence()) + " %";
    }

    private static Table interactions(AblationReport report) {
        return Table.of(
                "interactions",
                "Two together and each alone: rise of the mean NLL, in nats",
                List.of(
                        Column.text("pair"),
                        Column.number("sum of each"),
                        Column.number("together"),
                        Column.number("excess")),
                INTERACTIONS,
                report.variants().stream().flatMap(variant -> variant.interaction().stream()
                        .map(interaction -> List.of(
                                variant.description(),
                                Numbers.nats(interaction.sum()),
                                Numbers.nats(interaction.joint()),
                                Numbers.nats(interaction.excess())))));
    }

    private static Table shifts(AblationReport report) {
        Stream<ProbabilityShift> shifts = AblationConclusion.removal(report).stream()
                .flatMap(variant -> Stream.concat(variant.gained().stream(), variant.lost().stream()));
        return Table.of(
                "shifts",
                "Tokens whose mean probability rises and falls most when all are removed",
                List.of(Column.code("token"), Column.number("before"), Column.number("after")),
                SHIFTS,
                shifts.map(shift -> List.of(
                        AblationCharts.token(shift),
                        Numbers.percentage(shift.before()),
                        Numbers.percentage(shift.after()))));
    }

    /** A row for each model, a column for each task. */
    private static Table tasks(AblationReport report) {
        List<TaskScore> baseline = report.baseline().tasks();
        if (baseline.isEmpty()) {
            return Table.of("tasks", "", List.of(), TASKS, Stream.empty());
        }
        List<Column> columns = Stream.concat(
                        Stream.of(Column.code("variant")),
                        baseline.stream().map(task -> Column.number(VisibleText.lastName(task.name()))))
                .toList();
        Stream<List<String>> changed =
                report.variants().stream().map(variant -> scores(variant.name(), variant.tasks()));
        return Table.of(
                "tasks",
                "Tasks: accuracy and its standard error",
                columns,
                TASKS,
                Stream.concat(Stream.of(scores("original", baseline)), changed)
                        .filter(row -> row.size() == columns.size()));
    }

    private static List<String> scores(String name, List<TaskScore> tasks) {
        return Stream.concat(Stream.of(name), tasks.stream().map(AblationPage::score))
                .toList();
    }

    private static String score(TaskScore task) {
        Statistic accuracy = task.accuracyNormalized().orElse(task.accuracy());
        return accuracy.standardError()
                .map(error -> "%s ± %s".formatted(Numbers.percentage(accuracy.value()), Numbers.percentage(error)))
                .orElseGet(() -> Numbers.percentage(accuracy.value()));
    }

    private static List<Continuation> continuations(AblationReport report) {
        Optional<Text> original = report.baseline().continuation();
        if (original.isEmpty()) {
            return List.of();
        }
        String unedited = shown(original.get());
        Stream<Continuation> changed = report.variants().stream()
                .filter(variant -> !variant.continuation().equals(original))
                .flatMap(variant ->
                        variant.continuation().stream().map(text -> continuation(variant, unedited, shown(text))));
        return Stream.concat(
                        Stream.of(new Continuation(
                                "original",
                                "the unedited model",
                                unedited,
                                "",
                                loops(report.baseline().loopRate()))),
                        changed)
                .limit(CONTINUATIONS)
                .toList();
    }

    private static String unchanged(AblationReport report) {
        return VisibleText.paragraph(report.variants().stream()
                .filter(variant -> variant.continuation().isPresent()
                        && variant.continuation().equals(report.baseline().continuation()))
                .map(Variant::name)
                .collect(Collectors.joining(", ")));
    }

    private static Continuation continuation(Variant variant, String unedited, String text) {
        int same = 0;
        while (same < Math.min(unedited.length(), text.length()) && unedited.charAt(same) == text.charAt(same)) {
            same++;
        }
        if (same > 0 && Character.isHighSurrogate(text.charAt(same - 1))) {
            same--;
        }
        return new Continuation(
                VisibleText.of(variant.name()),
                VisibleText.of(variant.description()),
                text.substring(0, same),
                text.substring(same),
                loops(variant.loopRate()));
    }

    private static String loops(Optional<Double> rate) {
        return rate.map(Numbers::percentage).orElse("");
    }

    /** Without a tokenizer the ids. */
    private static String shown(Text text) {
        return VisibleText.passage(text.text()
                .orElseGet(() -> text.tokens().stream().map(Object::toString).collect(Collectors.joining(" "))));
    }

    private static Table copy(AblationReport report) {
        return Table.of(
                "copy",
                "Weights of the copy that was written",
                List.of(
                        Column.code("tensor"),
                        Column.number("row"),
                        Column.number("column"),
                        Column.number("was"),
                        Column.number("wanted"),
                        Column.number("stored"),
                        Column.number("code")),
                COPY,
                report.copy().stream()
                        .flatMap(copy -> copy.weights().stream())
                        .map(weight -> List.of(
                                weight.tensor(),
                                Integer.toString(weight.row()),
                                Integer.toString(weight.column()),
                                Numbers.value(weight.from()),
                                Numbers.value(weight.wanted()),
                                Numbers.value(weight.stored()),
                                weight.code().map(Object::toString).orElse(""))));
    }

    private static List<Fact> measured(AblationReport report) {
        AblationReport.Run run = report.run();
        AblationReport.Settings settings = report.settings();
        return List.of(
                Fact.of("effects on", run.evaluationText()),
                Fact.of(
                        "unedited model",
                        "perplexity %s, mean NLL %s nats, over %s in %s"
                                .formatted(
                                        Numbers.value(report.baseline().perplexity()),
                                        Numbers.nats(report.baseline().meanNll()),
                                        Page.counted(run.tokens(), "prediction"),
                                        Page.counted(run.sequences(), "sequence"))),
                Fact.of("weights from", settings.weightSource()),
                Fact.of(
                        "intervals",
                        "%s confidence, from resampling the sequences %s times"
                                .formatted(confidence(report), Numbers.grouped(settings.resamples()))),
                Fact.of(
                        "run",
                        "%s in %s on %s, %s"
                                .formatted(
                                        Page.seconds(run.durationMillis()),
                                        run.precision(),
                                        run.device(),
                                        Page.counted(run.readings(), "reading"))),
                Fact.of("seed", Long.toString(settings.seed())));
    }
}
