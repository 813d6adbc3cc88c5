package io.github.swscan.report.html;

import io.github.swscan.report.DetectionReport;
import io.github.swscan.report.DetectionReport.Block;
import io.github.swscan.report.DetectionReport.Effect;
import io.github.swscan.report.DetectionReport.Layer;
import io.github.swscan.report.DetectionReport.OtherSpike;
import io.github.swscan.report.DetectionReport.Stored;
import io.github.swscan.report.DetectionReport.SuperActivation;
import io.github.swscan.report.DetectionReport.SuperWeight;
import io.github.swscan.report.DetectionReport.UntestedSpike;
import io.github.swscan.report.DetectionReport.WeightSet;
import io.github.swscan.report.Location;
import io.github.swscan.report.Peak;
import io.github.swscan.report.Verdict;
import io.github.swscan.report.text.Conclusion;
import io.github.swscan.report.text.EffectRange;
import io.github.swscan.report.text.EffectUnit;
import io.github.swscan.report.text.Numbers;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The page of a detection: every text of it, and what its charts are drawn from. Of what is neither a verdict, a set nor a
 * super weight, at most 100 rows are part of the page itself.
 *
 * @param verdict the class of the strongest verdict: critical, high, moderate, none, broken or unsafe
 * @param conclusion in a sentence or two
 * @param figures the few numbers that stand at the top
 * @param policy what the model was held to; empty without a policy
 * @param baseline the report that it was held against; empty without one
 * @param tested whether anything could be tested
 * @param traces what the chart of super activations shows; empty where there are none
 * @param blocks what stands under the charts of stored blocks
 */
record DetectionPage(
        Page page,
        String verdict,
        String conclusion,
        List<Fact> figures,
        Optional<PolicyView> policy,
        Optional<BaselineView> baseline,
        List<String> notes,
        boolean tested,
        boolean mixture,
        boolean layers,
        String traces,
        int setCharts,
        int removals,
        List<BlockView> blocks,
        Table sets,
        Table superWeights,
        Table places,
        Table otherSpikes,
        Table untested,
        String untestedCount,
        Table superActivations,
        Table peaks,
        Table nonFinite,
        Table unsafe,
        List<Fact> thresholds,
        String unit,
        List<Fact> model,
        List<Fact> measured) {

    private static final int OTHER_SPIKES = 30;
    private static final int PEAKS = 30;
    private static final int SUPER_ACTIVATIONS = 10;
    private static final int UNTESTED = 10;
    private static final int NON_FINITE = 10;

    /** In place of all others. */
    private static final int UNSAFE = 100;

    private static final int CHANGES = 5;
    private static final int IGNORED = 5;
    private static final int ALL = Integer.MAX_VALUE;

    /** What a policy says, in a line for each violation. */
    record PolicyView(String rules, List<String> violations, Table ignored) {}

    /** What is another than in a report that was made before. */
    record BaselineView(String name, Table changes, List<String> notes) {}

    /** What stands under the chart of a block. */
    record BlockView(String name, String text) {}

    static DetectionPage of(DetectionReport report, Assets assets) {
        boolean tested = !report.brokeDown() && !report.holdsUnsafePickle();
        EffectUnit unit = EffectUnit.of(report);
        Table otherSpikes = otherSpikes(report, unit);
        Table untested = untested(report);
        Table superActivations = superActivations(report);
        Table peaks = peaks(report);
        Table nonFinite = nonFinite(report);
        Table unsafe = unsafe(report);
        Optional<PolicyView> policy = report.policy().map(DetectionPage::policy);
        Optional<BaselineView> baseline = report.changes().map(DetectionPage::baseline);
        Stream<Table> cuttable = Stream.of(
                        Stream.of(otherSpikes, untested, superActivations, peaks, nonFinite, unsafe),
                        policy.map(PolicyView::ignored).stream(),
                        baseline.map(BaselineView::changes).stream())
                .flatMap(tables -> tables);
        DetectionCharts charts = DetectionCharts.of(report, cuttable);
        List<String> notes = report.notes().stream()
                .skip(report.holdsUnsafePickle() ? 1 : 0)
                .map(VisibleText::paragraph)
                .toList();
        return new DetectionPage(
                Page.of(
                        "detection",
                        report,
                        report.model(),
                        report.tool(),
                        report.createdAt(),
                        assets,
                        charts,
                        "swscan-report.json"),
                verdictClass(report),
                VisibleText.paragraph(Conclusion.of(report)),
                tested ? figures(report, unit) : List.of(),
                policy,
                baseline,
                notes,
                tested,
                report.layers().stream().anyMatch(layer -> layer.expert().isPresent()),
                !report.layers().isEmpty(),
                traces(report),
                charts.sets().size(),
                charts.removals().size(),
                blocks(report),
                sets(report, unit),
                superWeights(report, unit),
                places(report),
                otherSpikes,
                untested,
                Numbers.grouped(report.untestedSpikes().count()),
                superActivations,
                peaks,
                nonFinite,
                unsafe,
                thresholds(report, unit),
                DetectionCharts.Measure.of(unit).label(),
                Page.model(report.model()),
                report.holdsUnsafePickle() ? List.of() : measured(report, unit));
    }

    boolean hasTraces() {
        return !traces.isEmpty();
    }

    private static String verdictClass(DetectionReport report) {
        if (report.holdsUnsafePickle()) {
            return "unsafe";
        }
        return report.brokeDown()
                ? "broken"
                : report.verdict().map(Verdict::toString).orElse("none");
    }

    /** The verdict in one or two words. */
    String badge() {
        return switch (verdict) {
            case "none" -> "no super weight";
            case "broken" -> "not finite";
            default -> verdict;
        };
    }

    private static PolicyView policy(DetectionReport.PolicyOutcome policy) {
        return new PolicyView(
                VisibleText.of(String.join(", ", policy.failOn())),
                policy.violations().stream()
                        .map(violation -> VisibleText.of(violation.rule() + ": " + violation.finding()))
                        .toList(),
                Table.of(
                        "ignored",
                        "Findings that do not count, by a policy file",
                        List.of(
                                Column.code("rule"),
                                Column.words("finding"),
                                Column.words("why"),
                                Column.text("until"),
                                Column.code("file")),
                        IGNORED,
                        policy.ignored().stream()
                                .map(ignored -> List.of(
                                        ignored.rule(),
                                        ignored.finding(),
                                        ignored.reason(),
                                        ignored.expires(),
                                        ignored.file()))));
    }

    private static BaselineView baseline(DetectionReport.Changes found) {
        return new BaselineView(
                VisibleText.of(found.baseline()),
                Table.of(
                        "changes",
                        "What is another now",
                        List.of(Column.text("kind"), Column.words("change")),
                        CHANGES,
                        found.changes().stream().map(change -> List.of(change.kind(), change.description()))),
                found.notes().stream().map(VisibleText::paragraph).toList());
    }

    private static List<Fact> figures(DetectionReport report, EffectUnit unit) {
        List<Fact> figures = new ArrayList<>();
        long alone = report.superWeights().stream()
                .filter(weight -> weight.verdict() != Verdict.HARMLESS)
                .count();
        figures.add(Fact.of("super weights", Numbers.grouped(alone)));
        figures.add(Fact.of("sets", Numbers.grouped(report.sets().size())));
        Stream.concat(
                        report.superWeights().stream().map(SuperWeight::effect),
                        report.sets().stream().map(WeightSet::effect))
                .max(Comparator.comparingDouble(unit::size))
                .ifPresent(effect ->
                        figures.add(Fact.of("largest effect, " + unit.label(), figure(unit.size(effect), unit))));
        report.control()
                .ifPresent(control -> figures.add(Fact.of(
                        Page.counted(control.weights().size(), "ordinary weight") + " instead",
                        figure(unit.size(control), unit))));
        report.baseline()
                .ifPresent(
                        baseline -> figures.add(Fact.of("perplexity, unedited", Numbers.value(baseline.perplexity()))));
        return figures;
    }

    /** Few digits, for the top of the page. */
    private static String figure(double size, EffectUnit unit) {
        if (size == Double.MAX_VALUE || unit == EffectUnit.EMBEDDING) {
            return unit.cell(size);
        }
        return (unit == EffectUnit.PERPLEXITY ? "×" : "") + Numbers.rounded(size);
    }

    private static String cell(Effect effect, EffectUnit unit) {
        return cell(unit.cell(effect));
    }

    private static String cell(String size) {
        return size.startsWith("x") ? "×" + size.substring(1) : size;
    }

    private static String range(Effect effect, EffectUnit unit) {
        return EffectRange.of(effect, unit)
                .map(range -> "%s to %s".formatted(cell(unit.cell(range.low())), cell(unit.cell(range.high()))))
                .orElse("");
    }

    private static String verdict(Verdict verdict, boolean near) {
        return near ? verdict + " ~" : verdict.toString();
    }

    private static Table sets(DetectionReport report, EffectUnit unit) {
        List<List<String>> rows = new ArrayList<>();
        for (WeightSet set : report.sets()) {
            List<String> members = Members.places(set.members(), report);
            for (int member = 0; member < set.members().size(); member++) {
                boolean first = member == 0;
                rows.add(List.of(
                        first ? Integer.toString(set.set()) : "",
                        first ? set.kind() : "",
                        members.get(member),
                        cell(set.alone().get(member), unit),
                        cell(set.leftIn().get(member), unit),
                        first ? cell(set.effect(), unit) : "",
                        first ? range(set.effect(), unit) : "",
                        first ? verdict(set.verdict(), set.nearThreshold()) : ""));
            }
        }
        return Table.of(
                "sets",
                "Sets and their members: effects in " + unit.label(),
                List.of(
                        Column.number("set"),
                        Column.text("kind"),
                        Column.place("weight"),
                        Column.number("removed alone"),
                        Column.number("left in, the others removed"),
                        Column.number("all removed"),
                        Column.number("± 2 standard errors"),
                        Column.verdict("verdict")),
                ALL,
                rows.stream());
    }

    private static Table superWeights(DetectionReport report, EffectUnit unit) {
        return Table.of(
                "super-weights",
                "Super weights: effects in " + unit.label(),
                List.of(
                        Column.number("rank"),
                        Column.place("weight"),
                        Column.number("value"),
                        Column.number("removed alone"),
                        Column.number("± 2 standard errors"),
                        Column.number("sign turned"),
                        Column.number("share of its output"),
                        Column.number("share of the stream"),
                        Column.text("sets"),
                        Column.verdict("verdict")),
                ALL,
                report.superWeights().stream()
                        .map(weight -> List.of(
                                Integer.toString(weight.rank()),
                                weight.place(),
                                Numbers.value(weight.value()),
                                cell(weight.effect(), unit),
                                range(weight.effect(), unit),
                                weight.effectFlipped()
                                        .map(effect -> cell(effect, unit))
                                        .orElse(""),
                                Numbers.share(weight.contributionShare()),
                                weight.streamShare().map(Numbers::share).orElse(""),
                                weight.sets().stream().map(Object::toString).collect(Collectors.joining(", ")),
                                verdict(weight.verdict(), weight.nearThreshold()))));
    }

    private static Table places(DetectionReport report) {
        return Table.of(
                "places",
                "Where super weights lie in the files, and how they are stored",
                List.of(
                        Column.place("weight"),
                        Column.code("tensor"),
                        Column.code("file"),
                        Column.number("byte"),
                        Column.number("bit"),
                        Column.text("type"),
                        Column.number("code"),
                        Column.number("scale"),
                        Column.number("zero"),
                        Column.number("bias"),
                        Column.number("step"),
                        Column.number("step without it"),
                        Column.number("in the original"),
                        Column.number("error")),
                ALL,
                report.superWeights().stream().map(weight -> {
                    Location location = weight.location();
                    Optional<Stored> stored = weight.stored();
                    Optional<Block> block = stored.flatMap(Stored::block);
                    return List.of(
                            weight.place(),
                            weight.tensor(),
                            location.file(),
                            Numbers.grouped(location.offset()),
                            bits(location),
                            location.dtype(),
                            text(stored.flatMap(Stored::code)),
                            value(stored.flatMap(Stored::scale)),
                            value(stored.flatMap(Stored::zero)),
                            value(stored.flatMap(Stored::bias)),
                            value(block.map(Block::step)),
                            value(block.flatMap(Block::stepWithout)),
                            value(weight.original().map(DetectionReport.Original::value)),
                            value(weight.original().map(DetectionReport.Original::error)));
                }));
    }

    private static String bits(Location location) {
        if (location.bitOffset().isEmpty() || location.bits().isEmpty()) {
            return "";
        }
        return Stream.concat(
                        Stream.of(new Location.Bits(
                                location.bitOffset().get(), location.bits().get())),
                        location.furtherBits().stream())
                .map(bits -> bits.bits() == 1
                        ? Long.toString(bits.bitOffset())
                        : "%d–%d".formatted(bits.bitOffset(), bits.bitOffset() + bits.bits() - 1))
                .collect(Collectors.joining(", "));
    }

    private static String text(Optional<Integer> number) {
        return number.map(Object::toString).orElse("");
    }

    private static String value(Optional<? extends Number> number) {
        return number.map(Number::doubleValue).map(Numbers::value).orElse("");
    }

    private static Table otherSpikes(DetectionReport report, EffectUnit unit) {
        return Table.of(
                "other-spikes",
                "Other spikes: effects in " + unit.label(),
                List.of(
                        Column.place("weight"),
                        Column.number("value"),
                        Column.number("removed alone"),
                        Column.number("± 2 standard errors"),
                        Column.number("sign turned"),
                        Column.number("share of its output"),
                        Column.number("share of the stream"),
                        Column.words("why it is no super weight")),
                OTHER_SPIKES,
                report.otherSpikes().stream()
                        .sorted(Comparator.comparingDouble((OtherSpike spike) ->
                                        spike.effect().map(unit::size).orElse(-1.0))
                                .reversed())
                        .map(spike -> List.of(
                                spike.place(),
                                Numbers.value(spike.value()),
                                spike.effect().map(effect -> cell(effect, unit)).orElse(""),
                                spike.effect()
                                        .map(effect -> range(effect, unit))
                                        .orElse(""),
                                spike.effectFlipped()
                                        .map(effect -> cell(effect, unit))
                                        .orElse(""),
                                Numbers.share(spike.contributionShare()),
                                spike.streamShare().map(Numbers::share).orElse(""),
                                reason(spike, report, unit))));
    }

    private static String reason(OtherSpike spike, DetectionReport report, EffectUnit unit) {
        return switch (spike.reason()) {
            case "diffuse" -> "diffuse: many weights make it together";
            case "cancelling" -> "cancelling: it takes an earlier super activation away again";
            case "harmless" ->
                spike.effect()
                                .filter(effect -> unit.size(effect)
                                        >= report.settings().thresholds().moderate())
                                .isPresent()
                        ? "harmless: ordinary weights do as much"
                        : "harmless: removing it does too little";
            default -> spike.reason();
        };
    }

    private static Table untested(DetectionReport report) {
        return Table.of(
                "untested",
                "Weights that add much to the residual stream and were not tested, the strongest",
                List.of(
                        Column.place("weight"),
                        Column.number("value"),
                        Column.number("share of the stream"),
                        Column.code("tensor")),
                UNTESTED,
                report.untestedSpikes().strongest().stream()
                        .map((UntestedSpike spike) -> List.of(
                                spike.place(),
                                Numbers.value(spike.value()),
                                Numbers.share(spike.streamShare()),
                                spike.tensor())));
    }

    private static Table superActivations(DetectionReport report) {
        return Table.of(
                "super-activations",
                "Super activations of the residual stream",
                List.of(
                        Column.number("channel"),
                        Column.number("from layer"),
                        Column.number("behind how many layers"),
                        Column.number("up to"),
                        Column.number("behind layer"),
                        Column.number("times the median")),
                SUPER_ACTIVATIONS,
                report.superActivations().stream()
                        .map((SuperActivation one) -> List.of(
                                Integer.toString(one.channel()),
                                Integer.toString(one.firstLayer()),
                                Integer.toString(one.lasting()),
                                Numbers.value(one.peak().value()),
                                Integer.toString(one.peakLayer()),
                                "×" + Numbers.rounded(one.medians()))));
    }

    /** Those with spikes first, so that they are among those that are part of the page. */
    private static Table peaks(DetectionReport report) {
        return Table.of(
                "peaks",
                "Largest entries of the down projections' inputs and outputs",
                List.of(
                        Column.number("layer"),
                        Column.number("expert"),
                        Column.number("use"),
                        Column.number("input"),
                        Column.number("channel"),
                        Column.text("prompt:token"),
                        Column.number("output"),
                        Column.number("channel"),
                        Column.text("prompt:token"),
                        Column.text("spike")),
                PEAKS,
                Stream.concat(
                                report.layers().stream().filter(Layer::spike),
                                report.layers().stream().filter(layer -> !layer.spike()))
                        .map(layer -> List.of(
                                Integer.toString(layer.layer()),
                                text(layer.expert()),
                                text(layer.call()),
                                Numbers.value(layer.input().value()),
                                Integer.toString(layer.input().channel()),
                                at(layer.input()),
                                Numbers.value(layer.output().value()),
                                Integer.toString(layer.output().channel()),
                                at(layer.output()),
                                layer.spike() ? "spike" : "")));
    }

    private static String at(Peak peak) {
        return peak.prompt() + ":" + peak.position();
    }

    private static Table nonFinite(DetectionReport report) {
        return Table.of(
                "non-finite",
                "Tensors that hold numbers that are not finite",
                List.of(
                        Column.code("tensor"),
                        Column.number("expert"),
                        Column.number("row"),
                        Column.number("column"),
                        Column.text("first value"),
                        Column.number("how many"),
                        Column.code("file"),
                        Column.number("byte")),
                NON_FINITE,
                report.nonFinite().stream()
                        .map(tensor -> List.of(
                                tensor.tensor(),
                                text(tensor.expert()),
                                text(tensor.row()),
                                text(tensor.column()),
                                tensor.value(),
                                Numbers.grouped(tensor.count()),
                                tensor.location().file(),
                                Numbers.grouped(tensor.location().offset()))));
    }

    private static Table unsafe(DetectionReport report) {
        return Table.of(
                "unsafe",
                "What the files want to load, and no weights need",
                List.of(Column.code("name"), Column.code("file"), Column.number("byte")),
                UNSAFE,
                report.model().unsafe().stream()
                        .map(one -> List.of(one.name(), one.file(), Numbers.grouped(one.offset()))));
    }

    private static String traces(DetectionReport report) {
        return report.traces().stream()
                .findFirst()
                .map(trace -> trace.removed().isEmpty()
                        ? "unedited"
                        : "with and without " + String.join(" and ", Members.places(trace.removed(), report)))
                .orElse("");
    }

    private static List<BlockView> blocks(DetectionReport report) {
        return report.superWeights().stream()
                .flatMap(weight -> weight.stored().flatMap(Stored::block).stream()
                        .filter(block -> block.surroundings().isPresent())
                        .map(block -> new BlockView(weight.place(), block(weight, block))))
                .limit(DetectionCharts.MOST_BLOCKS)
                .toList();
    }

    private static String block(SuperWeight weight, Block block) {
        String numbers = "The weight is %s. Neighbouring numbers of its block of %s weights are %s apart"
                .formatted(Numbers.value(weight.value()), Numbers.grouped(block.size()), Numbers.value(block.step()));
        return block.stepWithout()
                .map(step -> numbers + "; without it they would be at most " + Numbers.value(step) + " apart.")
                .orElse(numbers + ".");
    }

    private static List<Fact> thresholds(DetectionReport report, EffectUnit unit) {
        DetectionReport.Thresholds thresholds = report.settings().thresholds();
        return List.of(
                new Fact("critical", cell(unit.cell(thresholds.critical())) + " or more"),
                new Fact("high", cell(unit.cell(thresholds.high())) + " or more"),
                new Fact("moderate", cell(unit.cell(thresholds.moderate())) + " or more"),
                new Fact(
                        "harmless",
                        "less, or less than %s times what ordinary weights do"
                                .formatted(Numbers.value(report.settings().controlFactor()))));
    }

    private static List<Fact> measured(DetectionReport report, EffectUnit unit) {
        DetectionReport.Run run = report.run();
        DetectionReport.Settings settings = report.settings();
        List<Fact> facts = new ArrayList<>();
        facts.add(Fact.of("effects on", run.evaluationText()));
        report.baseline()
                .ifPresent(baseline -> facts.add(Fact.of(
                        "unedited model",
                        "perplexity %s, mean NLL %s nats, over %s"
                                .formatted(
                                        Numbers.value(baseline.perplexity()),
                                        Numbers.nats(baseline.meanNll()),
                                        Page.counted(baseline.tokens(), "prediction")))));
        report.hiddenState()
                .ifPresent(state -> facts.add(Fact.of(
                        "unedited model",
                        "last hidden states of %s%s"
                                .formatted(
                                        Page.counted(state.tokens(), "token"),
                                        state.embeddings()
                                                .map(texts -> ", embeddings of " + Page.counted(texts, "text"))
                                                .orElse("")))));
        report.allRemoved()
                .ifPresent(effect -> facts.add(Fact.of("all independent candidates removed", cell(effect, unit))));
        report.control()
                .ifPresent(control -> facts.add(Fact.of(
                        Page.counted(control.weights().size(), "ordinary weight") + " removed",
                        cell(unit.cell(control)))));
        facts.add(Fact.of("verdicts by", settings.verdictMeasure()));
        facts.add(Fact.of("spikes", settings.spikeRule()));
        facts.add(Fact.of("tokens", "%s, %s".formatted(Numbers.grouped(run.tokens()), tokenSource(run.tokenSource()))));
        facts.add(Fact.of(
                "run",
                "%s in %s on %s, %s"
                        .formatted(
                                Page.seconds(run.durationMillis()),
                                run.precision(),
                                run.device(),
                                Page.counted(run.readings(), "reading"))));
        facts.add(Fact.of("seed", Long.toString(settings.seed())));
        return facts;
    }

    private static String tokenSource(String source) {
        return switch (source) {
            case "prompts" -> "texts through the tokenizer of the checkpoint";
            case "token-ids" -> "ids that were given";
            case "synthetic" -> "random ids, for want of a tokenizer";
            default -> source;
        };
    }
}
