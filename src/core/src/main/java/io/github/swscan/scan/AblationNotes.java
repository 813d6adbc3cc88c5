package io.github.swscan.scan;

import io.github.swscan.ablate.AblationResult;
import io.github.swscan.ablate.AblationSettings;
import io.github.swscan.ablate.Targets;
import io.github.swscan.ablate.Variant;
import io.github.swscan.detect.DetectionBudget;
import io.github.swscan.text.TokenSet;
import io.github.swscan.text.TokenSource;
import io.github.swscan.text.task.Request;
import io.github.swscan.text.task.Task;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.stream.Collectors;

/** What readers of an ablation's report should know of it. */
final class AblationNotes {

    private AblationNotes() {}

    /**
     * One sentence each.
     *
     * @param targets what it is about
     */
    static List<String> of(
            OpenModel model,
            AblationRequest request,
            TokenSet tokens,
            List<Task> tasks,
            Targets targets,
            AblationResult result) {
        List<String> notes = new ArrayList<>(model.notes());
        notes.addAll(unmet(request, targets.targets().size()));
        notes.addAll(leftOut(request.settings(), targets));
        switch (tokens.source()) {
            case PROMPTS -> {}
            case TOKEN_IDS -> notes.add("Effects were measured on the given token ids.");
            case SYNTHETIC -> notes.add(model.withoutTokenizer() + ": effects were measured on random token ids.");
        }
        DetectionNotes.maskNote(model, tokens).ifPresent(notes::add);
        if (tokens.source() == TokenSource.PROMPTS) {
            notes.addAll(otherAmount(model, request, tokens));
        }
        notes.addAll(Caution.of(result.predictions(), "predicted token"));
        for (Task task : tasks) {
            long truncated = task.requests().stream().filter(Request::truncated).count();
            if (truncated > 0) {
                notes.add("Of the %,d texts of %s, %,d are longer than the context and lost their beginning."
                        .formatted(task.requests().size(), task.name(), truncated));
            }
        }
        if (result.readings() > 1) {
            notes.add("The checkpoint was read " + result.readings() + " times to run everything.");
        }
        return notes;
    }

    /** Where a detection of the same model reads another amount of the text, and so finds another perplexity. */
    private static List<String> otherAmount(OpenModel model, AblationRequest request, TokenSet tokens) {
        DetectionBudget detection = DetectionBudget.of(model.size().parameters(), false);
        AblationBudget budget = AblationBudget.of(model.size().parameters());
        int context = model.architecture().contextLength();
        if (!budget.differsFrom(detection, request.tokens(), context)) {
            return List.of();
        }
        TokenSet measured = tokens.evaluationAlone();
        return List.of(
                "Measured on %,d tokens in %d sequences; detect takes %,d tokens, in sequences of at most %d, of a "
                                .formatted(
                                        measured.tokens(),
                                        measured.sequences().size(),
                                        detection.text().evaluationTokens(),
                                        Math.min(detection.text().window(), context))
                        + "model of this size, so that its perplexities differ; --max-tokens N gives both the same text.");
    }

    /** Which variants there could be that nobody named. */
    private static List<String> leftOut(AblationSettings settings, Targets targets) {
        List<String> notes = new ArrayList<>();
        if (targets.hasLines()) {
            notes.add("Of whole rows and columns nothing but removals is measured.");
        }
        if (settings.full()) {
            return notes;
        }
        int count = targets.targets().size();
        String kinds = EnumSet.complementOf(EnumSet.copyOf(settings.kinds())).stream()
                .filter(kind -> kind != Variant.Kind.LARGEST)
                .filter(kind -> kind.takesLines() || !targets.hasLines())
                .filter(kind -> !kind.isOfSeveral() || count > 2)
                .map(Variant.Kind::label)
                .collect(Collectors.joining(", "));
        String rest = targets.hasLines() || count < 2 ? "" : ", and flip and mean of the other weights";
        if (!kinds.isEmpty()) {
            notes.add("Left out: %s%s; --only KIND or --all-variants measures them.".formatted(kinds, rest));
        }
        return notes;
    }

    /** What was asked for and is not there. */
    private static List<String> unmet(AblationRequest request, int weights) {
        List<String> unmet = new ArrayList<>();
        if (weights < request.top()) {
            unmet.add("The ranking has only %d of the %d weights asked for.".formatted(weights, request.top()));
        }
        if (request.settings().largest() > 0 && !request.settings().kinds().contains(Variant.Kind.LARGEST)) {
            unmet.add("--largest was left out, since --only does not name it.");
        }
        return unmet;
    }
}
