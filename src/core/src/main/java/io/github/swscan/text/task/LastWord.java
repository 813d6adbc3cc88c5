package io.github.swscan.text.task;

import java.util.List;

/**
 * Texts whose last word the model has to find, as in LAMBADA (arXiv 1606.06031).
 *
 * @param requests one for each text, at least one
 */
public record LastWord(String name, List<Request> requests) implements Task {

    public LastWord {
        requests = List.copyOf(requests);
    }
}
