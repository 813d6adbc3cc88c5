package io.github.swscan.scan;

import io.github.swscan.ablate.AblationResult;
import io.github.swscan.ablate.Variant;
import io.github.swscan.text.TokenSet;
import io.github.swscan.text.task.Request;
import io.github.swscan.text.task.Task;
import java.util.ArrayList;
import java.util.List;

/** What readers of an ablation's report should know of it. */
final class AblationNotes {

    private AblationNotes() {}

    /**
     * One sentence each.
     *
     * @param weights how many there are
     */
    static List<String> of(
            OpenModel model,
            AblationRequest request,
            TokenSet tokens,
            List<Task> tasks,
            int weights,
            AblationResult result) {
        List<String> notes = new ArrayList<>(model.notes());
        notes.addAll(unmet(request, weights));
        switch (tokens.source()) {
            case PROMPTS -> {}
            case TOKEN_IDS -> notes.add("Effects were measured on the given token ids.");
            case SYNTHETIC -> notes.add(model.withoutTokenizer() + ": effects were measured on random token ids.");
        }
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
