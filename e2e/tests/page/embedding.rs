use e2e::site::ExtraPage;
use e2e::{Page, PageOptions, by_id};

/// A blog of another origin, which keeps what the frame tells it.
const BLOG: &str = r#"<!doctype html><meta charset="utf-8"><title>A blog</title><link rel="icon" href="data:,">
<script>
  const heights = [];
  addEventListener("message", (event) => {
    const frame = document.querySelector("iframe");
    if (event.source === frame.contentWindow && event.data.type === "ringside:height") {
      heights.push(event.data.height);
    }
  });
  addEventListener("DOMContentLoaded", () => {
    const frame = document.createElement("iframe");
    frame.src = new URLSearchParams(location.search).get("frame");
    frame.style = "width: 720px; height: 480px";
    document.body.append(frame);
  });
</script>
<body></body>"#;

fn open_blog() -> Page {
    let page = Page::start(PageOptions {
        extra: vec![ExtraPage {
            name: "blog.html",
            html: BLOG.to_string(),
        }],
        ..PageOptions::default()
    });
    let frame = format!("{}?embed=1%26lang=en", page.site().url_of_other_origin());
    page.go_to(&format!(
        "{}?frame={frame}",
        page.site().extra_url("blog.html")
    ));
    page
}

#[test]
fn an_embedded_page_tells_its_height() {
    let page = open_blog();
    page.wait_until("a height arrives", |page| {
        page.eval("return heights.length > 0;") == true
    });
    let height = page.eval("return heights.at(-1);").as_f64();
    assert!(height.is_some_and(|height| height > 100.0), "{height:?}");
    page.enter_frame("iframe");
    let content = page.eval("return document.documentElement.scrollHeight;");
    page.leave_frame();
    let told = page.eval("return heights.at(-1);").as_f64().unwrap_or(0.0);
    let content = content.as_f64().expect("a height");
    assert!(told <= content + 1.0, "told {told}, but it has {content}");
}

#[test]
fn unknown_messages_are_ignored() {
    let page = open_blog();
    page.enter_frame("iframe");
    page.wait_until_usable();
    page.leave_frame();
    page.eval(
        "const frame = document.querySelector('iframe').contentWindow;
         for (const message of [null, 7, 'text', [], {}, { type: 'other' },
             { type: 'ringside:unknown', scene: 'x' }, { type: 'ringside:goto' },
             { type: 'ringside:goto', scene: 5, step: 'x' }, { type: { toString: 1 } }]) {
           frame.postMessage(message, '*');
         }",
    );
    page.enter_frame("iframe");
    super::launch(&page, "launch-word", "word");
    assert_eq!(page.console_errors(), Vec::<String>::new());
}

#[test]
fn the_sample_page_sizes_its_frames() {
    let page = Page::start(PageOptions::default());
    page.go_to(&format!("{}embed-sample.html", page.site().url()));
    page.wait_until("the first frame has a height of its own", |page| {
        page.eval("return document.querySelector('iframe').style.height !== '';") == true
    });
    page.enter_frame("iframe");
    page.wait_for_selector(&by_id("launch-word"));
    assert_eq!(page.console_errors(), Vec::<String>::new());
}
