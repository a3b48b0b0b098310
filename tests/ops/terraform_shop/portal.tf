resource "aws_lb_listener_rule" "portal" {
  listener_arn = aws_lb_listener.https.arn
  priority     = 40

  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.shop["portal-01"].arn
  }

  condition {
    host_header {
      values = ["www.hankooktire.example"]
    }
  }

  condition {
    path_pattern {
      values = ["/portal", "/portal/*"]
    }
  }
}
