package io.github.swscan.detect;

import io.github.swscan.architecture.Architecture;
import io.github.swscan.checkpoint.BlockSteps;
import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.CodedElement;
import io.github.swscan.checkpoint.StoredCodes;
import io.github.swscan.checkpoint.tensor.CodeBlock;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.effect.Effect;
import io.github.swscan.effect.HiddenStateEffect;
import io.github.swscan.effect.Measure;
import io.github.swscan.effect.PredictionEffect;
import io.github.swscan.effect.SentenceEmbeddingEffect;
import io.github.swscan.effect.Thresholds;
import io.github.swscan.report.DetectionReport;
import io.github.swscan.report.Location;
import io.github.swscan.report.ModelSummary;
import io.github.swscan.report.Peak;
import io.github.swscan.report.Tool;
import io.github.swscan.report.Verdict;
import io.github.swscan.text.TokenSet;
import io.github.swscan.weight.Coordinate;
import io.github.swscan.weight.NonFiniteTensor;
import io.github.swscan.weight.OriginalWeights;
import io.github.swscan.weight.ReportedLocation;
import io.github.swscan.weight.Sites;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Judges what a detection found and puts it into a report. */
public final class DetectionReporter {

    /** Of a block, so many weights are told on each side of a super weight. */
    private static final int SHOWN_AROUND = 32;

    private final Detection detection;
    private final TokenSet tokens;
    private final DetectionSettings settings;
    private final Measure measure;
    private final Architecture architecture;
    private final Checkpoint checkpoint;
    private final Sites sites;
    private final Judge judge;

    /** @param tokens what the model was given to read */
    public DetectionReporter(
            Detection detection,
            TokenSet tokens,
            DetectionSettings settings,
            Architecture architecture,
            Checkpoint checkpoint) {
        this.detection = detection;
        this.tokens = tokens;
        this.settings = settings;
        this.measure = settings.measure();
        this.architecture = architecture;
        this.checkpoint = checkpoint;
        this.sites = Sites.of(architecture);
        this.judge = Judge.of(settings, detection.control());
    }

    /**
     * The whole report.
     *
     * @param original the weights that the model was made from, where they are known
     * @param notes what else a reader should know, one sentence each
     */
    public DetectionReport report(
            Tool tool,
            String createdAt,
            ModelSummary model,
            DetectionReport.Run run,
            Optional<OriginalWeights> original,
            List<String> notes) {
        List<DetectionReport.SuperWeight> superWeights = superWeights(original);
        List<DetectionReport.WeightSet> sets = sets();
        return new DetectionReport(
                DetectionReport.SCHEMA_VERSION,
                tool,
                createdAt,
                model,
                run,
                settings(),
                detection.baseline().flatMap(DetectionReporter::baseline),
                detection.baseline().flatMap(DetectionReporter::hiddenState),
                detection.layers().stream().map(this::layer).toList(),
                IntStream.range(0, detection.stream().size())
                        .mapToObj(layer -> new DetectionReport.ResidualPeak(
                                layer, peak(detection.stream().get(layer))))
                        .toList(),
                architecture.layersWithoutMlp(),
                detection.recurrences().stream()
                        .map(DetectionReporter::recurrence)
                        .toList(),
                detection.superActivations().stream()
                        .map(DetectionReporter::superActivation)
                        .toList(),
                detection.traces().stream().map(DetectionReporter::trace).toList(),
                Stream.concat(
                                superWeights.stream().map(DetectionReport.SuperWeight::verdict),
                                sets.stream().map(DetectionReport.WeightSet::verdict))
                        .filter(verdict -> verdict != Verdict.HARMLESS)
                        .min(Comparator.naturalOrder()),
                superWeights,
                sets,
                otherSpikes(),
                untestedSpikes(),
                detection.allRemoved().map(DetectionReporter::effect),
                detection.control().map(this::control),
                detection.breakdown().stream()
                        .flatMap(breakdown -> breakdown.tensors().stream())
                        .map(this::nonFinite)
                        .toList(),
                Optional.empty(),
                Optional.empty(),
                notes);
    }

    /** How many verdicts of super weights and sets may be others on other text: as many as the report marks. */
    public long near() {
        return Stream.concat(
                        detection.proofs().stream().filter(this::isSuperWeight).map(Proof::alone),
                        detection.sets().stream().map(FoundSet::effect))
                .filter(judge::isNearThreshold)
                .count();
    }

    /** The super weights, the strongest first, and after them the candidates that are none. */
    public List<Candidate> ranking() {
        return Stream.concat(
                        strongestFirst().filter(this::isSuperWeight),
                        strongestFirst().filter(proof -> !isSuperWeight(proof)))
                .map(Proof::candidate)
                .toList();
    }

    private boolean isSuperWeight(Proof proof) {
        return judge.isSuperWeight(proof, detection.sets());
    }

    /** Those with the largest damage, alone or in a set, first. */
    private Stream<Proof> strongestFirst() {
        return detection.proofs().stream()
                .sorted(Comparator.comparingDouble(this::largestDamage)
                        .thenComparingDouble((Proof proof) -> measure.damage(proof.alone()))
                        .reversed());
    }

    private double largestDamage(Proof proof) {
        return Stream.concat(
                        Stream.of(proof.alone()),
                        detection.sets().stream()
                                .filter(set ->
                                        set.members().contains(proof.candidate().coordinate()))
                                .map(FoundSet::effect))
                .mapToDouble(measure::damage)
                .max()
                .orElseThrow();
    }

    private static Optional<DetectionReport.Baseline> baseline(Baseline measured) {
        return measured.meanNll().isEmpty()
                ? Optional.empty()
                : Optional.of(new DetectionReport.Baseline(
                        measured.meanNll().getAsDouble(),
                        PredictionEffect.perplexity(measured.meanNll().getAsDouble()),
                        measured.tokens()));
    }

    private static Optional<DetectionReport.HiddenState> hiddenState(Baseline measured) {
        return measured.meanNll().isPresent()
                ? Optional.empty()
                : Optional.of(new DetectionReport.HiddenState(measured.tokens(), optional(measured.embeddings())));
    }

    private DetectionReport.NonFinite nonFinite(NonFiniteTensor found) {
        return new DetectionReport.NonFinite(
                found.tensor(),
                optional(found.layer()),
                optional(found.expert()),
                optional(found.row()),
                optional(found.column()),
                Float.toString(found.value()),
                found.count(),
                ReportedLocation.of(checkpoint.find(found.tensor()).orElseThrow(), found.element()));
    }

    private DetectionReport.Settings settings() {
        Thresholds thresholds = settings.thresholds();
        DetectionBudget budget = settings.budget();
        TokenSet measured = tokens.evaluationAlone();
        return new DetectionReport.Settings(
                settings.spikeRule().description(),
                settings.minimumShare(),
                measure.label(),
                new DetectionReport.Thresholds(thresholds.critical(), thresholds.high(), thresholds.moderate()),
                settings.controlFactor(),
                budget.candidates(),
                settings.controls(),
                settings.seed(),
                Optional.of(new DetectionReport.Budget(
                        budget.tokenBranches(),
                        ScreeningTokens.of(tokens, budget.screenTokens()).screenedTokens(),
                        measured.tokens(),
                        measured.sequences().stream()
                                .mapToInt(ids -> ids.length)
                                .max()
                                .orElse(0),
                        detection.leftOut())),
                Optional.of(measured.digest()));
    }

    /** The rules as they are told of a model that was not read, of which nothing else is known. */
    public static DetectionReport.Settings settings(DetectionRules rules) {
        Measure measure = Measure.PERPLEXITY_RATIO;
        Thresholds thresholds = measure.defaultThresholds();
        return new DetectionReport.Settings(
                rules.spikeRule().description(),
                rules.minimumShare(),
                measure.label(),
                new DetectionReport.Thresholds(thresholds.critical(), thresholds.high(), thresholds.moderate()),
                rules.controlFactor(),
                rules.maximumCandidates(),
                rules.controls(),
                rules.seed(),
                Optional.empty(),
                Optional.empty());
    }

    private DetectionReport.Layer layer(LayerPeaks peaks) {
        List<Integer> uses = sites.layersOf(peaks.matrix());
        return new DetectionReport.Layer(
                peaks.layer(),
                optional(peaks.expert()),
                uses.size() > 1 ? Optional.of(uses.indexOf(peaks.layer())) : Optional.empty(),
                peaks.matrix().tensor(),
                peak(peaks.input()),
                peak(peaks.output()),
                peaks.spike());
    }

    private static DetectionReport.Recurrence recurrence(RecurrencePeaks peaks) {
        return new DetectionReport.Recurrence(
                peaks.layer(), peaks.matrix().tensor(), peak(peaks.input()), peak(peaks.output()));
    }

    private static DetectionReport.SuperActivation superActivation(SuperActivation found) {
        return new DetectionReport.SuperActivation(
                found.channel(),
                found.firstLayer(),
                found.lasting(),
                peak(found.peak()),
                found.peakLayer(),
                found.medians());
    }

    private static DetectionReport.Trace trace(ChannelTrace trace) {
        return new DetectionReport.Trace(trace.channel(), trace.values(), names(trace.removed()), trace.without());
    }

    private List<DetectionReport.SuperWeight> superWeights(Optional<OriginalWeights> original) {
        List<Proof> ranked = strongestFirst().filter(this::isSuperWeight).toList();
        return IntStream.range(0, ranked.size())
                .mapToObj(i -> superWeight(i + 1, ranked.get(i), original))
                .toList();
    }

    private DetectionReport.SuperWeight superWeight(int rank, Proof proof, Optional<OriginalWeights> original) {
        Candidate candidate = proof.candidate();
        Coordinate coordinate = candidate.coordinate();
        return new DetectionReport.SuperWeight(
                rank,
                coordinate.tensor(),
                candidate.layer(),
                optional(candidate.expert()),
                coordinate.row(),
                coordinate.column(),
                candidate.value(),
                location(coordinate),
                stored(coordinate),
                original.map(weights -> weights.value(coordinate))
                        .filter(Float::isFinite)
                        .map(value -> new DetectionReport.Original(value, (double) candidate.value() - value)),
                peak(candidate.input()),
                peak(candidate.output()),
                candidate.contributionShare(),
                Optional.of(candidate.streamShare()),
                Optional.of(proof.order()),
                proof.kind().label(),
                setsOf(proof),
                effect(proof.alone()),
                proof.confirmed(),
                proof.flipped().map(DetectionReporter::effect),
                judge.verdict(proof.alone()),
                proof.flipped().map(judge::verdict),
                judge.isNearThreshold(proof.alone()));
    }

    /** The numbers of the sets that a weight is in. */
    private List<Integer> setsOf(Proof proof) {
        return IntStream.range(0, detection.sets().size())
                .filter(i -> detection
                        .sets()
                        .get(i)
                        .members()
                        .contains(proof.candidate().coordinate()))
                .mapToObj(i -> i + 1)
                .toList();
    }

    private List<DetectionReport.WeightSet> sets() {
        return IntStream.range(0, detection.sets().size())
                .mapToObj(i -> set(i + 1, detection.sets().get(i)))
                .toList();
    }

    private DetectionReport.WeightSet set(int number, FoundSet set) {
        return new DetectionReport.WeightSet(
                number,
                number,
                set.kind().label(),
                names(set.members()),
                effect(set.effect()),
                set.alone().stream().map(DetectionReporter::effect).toList(),
                set.leftIn().stream().map(DetectionReporter::effect).toList(),
                judge.verdict(set.effect()),
                judge.isNearThreshold(set.effect()));
    }

    private List<DetectionReport.OtherSpike> otherSpikes() {
        return Stream.concat(
                        detection.proofs().stream()
                                .filter(proof -> !isSuperWeight(proof))
                                .map(this::otherSpike),
                        detection.diffuse().stream().map(this::otherSpike))
                .sorted(Comparator.comparingInt(DetectionReport.OtherSpike::layer))
                .toList();
    }

    private DetectionReport.OtherSpike otherSpike(Proof proof) {
        Candidate candidate = proof.candidate();
        Coordinate coordinate = candidate.coordinate();
        return new DetectionReport.OtherSpike(
                proof.kind() == Candidate.Kind.CANCELLING ? "cancelling" : "harmless",
                coordinate.tensor(),
                candidate.layer(),
                optional(candidate.expert()),
                coordinate.row(),
                coordinate.column(),
                candidate.value(),
                location(coordinate),
                peak(candidate.input()),
                peak(candidate.output()),
                candidate.contributionShare(),
                Optional.of(candidate.streamShare()),
                Optional.of(proof.order()),
                Optional.of(proof.kind().label()),
                Optional.of(effect(proof.alone())),
                proof.confirmed(),
                proof.flipped().map(DetectionReporter::effect),
                proof.flipped().map(judge::verdict));
    }

    private DetectionReport.OtherSpike otherSpike(DiffuseSpike spike) {
        Coordinate coordinate = spike.coordinate();
        return new DetectionReport.OtherSpike(
                "diffuse",
                coordinate.tensor(),
                spike.layer(),
                optional(spike.expert()),
                coordinate.row(),
                coordinate.column(),
                spike.value(),
                location(coordinate),
                peak(spike.input()),
                peak(spike.output()),
                spike.contributionShare(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                false,
                Optional.empty(),
                Optional.empty());
    }

    private DetectionReport.UntestedSpikes untestedSpikes() {
        return new DetectionReport.UntestedSpikes(
                detection.untested(),
                detection.strongestUntested().stream()
                        .map(candidate -> new DetectionReport.UntestedSpike(
                                candidate.coordinate().tensor(),
                                candidate.layer(),
                                optional(candidate.expert()),
                                candidate.coordinate().row(),
                                candidate.coordinate().column(),
                                candidate.value(),
                                location(candidate.coordinate()),
                                candidate.streamShare()))
                        .toList());
    }

    private DetectionReport.Control control(Effect effect) {
        return DetectionReport.Control.of(names(detection.controlWeights()), effect(effect));
    }

    private Location location(Coordinate coordinate) {
        return ReportedLocation.of(tensor(coordinate), element(coordinate));
    }

    private TensorInfo tensor(Coordinate coordinate) {
        return checkpoint.find(coordinate.tensor()).orElseThrow();
    }

    private long element(Coordinate coordinate) {
        return sites.of(coordinate).linear().elementIndex(coordinate.row(), coordinate.column());
    }

    private Optional<DetectionReport.Stored> stored(Coordinate coordinate) {
        TensorInfo tensor = tensor(coordinate);
        return tensor.isQuantized()
                ? Optional.of(checkpoint
                        .coded(tensor)
                        .map(coded -> stored(tensor, coded.at(element(coordinate))))
                        .orElseGet(() -> withoutCode(tensor)))
                : Optional.empty();
    }

    private static DetectionReport.Stored stored(TensorInfo tensor, CodedElement coded) {
        CodeBlock block = coded.block();
        BlockSteps steps = coded.steps();
        return new DetectionReport.Stored(
                tensor.storedType(),
                Optional.of(coded.code()),
                Optional.of(block.scale()),
                block.zero(),
                block.bias(),
                Optional.of(new DetectionReport.Block(
                        block.start(),
                        block.size(),
                        (float) steps.step(),
                        steps.stepWithout().map(Double::floatValue),
                        block.size() - 1,
                        Optional.of(surroundings(coded.around(SHOWN_AROUND))))),
                Optional.empty());
    }

    private static DetectionReport.Surroundings surroundings(CodedElement.Surroundings around) {
        return new DetectionReport.Surroundings(around.place(), around.values());
    }

    private static DetectionReport.Stored withoutCode(TensorInfo tensor) {
        return new DetectionReport.Stored(
                tensor.storedType(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.of(StoredCodes.missing(tensor)));
    }

    private static Optional<Integer> optional(OptionalInt number) {
        return number.isPresent() ? Optional.of(number.getAsInt()) : Optional.empty();
    }

    private static List<String> names(Collection<Coordinate> coordinates) {
        return coordinates.stream().map(Coordinate::toString).toList();
    }

    private static DetectionReport.Effect effect(Effect effect) {
        if (effect instanceof HiddenStateEffect hidden) {
            return DetectionReport.Effect.onHiddenState(
                    hidden.hiddenChange(), hidden.hiddenCosine(), hidden.changeError());
        }
        if (effect instanceof SentenceEmbeddingEffect embedding) {
            HiddenStateEffect hidden = embedding.hidden();
            return DetectionReport.Effect.onHiddenState(
                            hidden.hiddenChange(), hidden.hiddenCosine(), hidden.changeError())
                    .andEmbeddings(embedding.cosine(), embedding.cosineError());
        }
        PredictionEffect predictions = (PredictionEffect) effect;
        return DetectionReport.Effect.onPredictions(
                predictions.meanNll(),
                predictions.meanNllRise(),
                predictions.perplexityRatio(),
                predictions.klDivergence(),
                predictions.topTokenAgreement(),
                predictions.riseError(),
                predictions.divergenceError());
    }

    private static Peak peak(io.github.swscan.forward.Peak peak) {
        return new Peak(peak.value(), peak.sequence(), peak.position(), peak.channel());
    }
}
